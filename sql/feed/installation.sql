-- What names this installation in opaque cursors, and what it was called before it was restored from dumps. One row: id, the
-- earlier ids with the first one first, and what each has to be taken off the xids of its cursors.
SELECT id,
    ARRAY(SELECT earlier_id FROM restored_installations ORDER BY shift DESC, earlier_id),
    ARRAY(SELECT shift FROM restored_installations ORDER BY shift DESC, earlier_id)
FROM installation
