-- What names this installation in opaque cursors. One row: id.
SELECT id FROM installation
