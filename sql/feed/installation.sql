-- What names this installation in opaque cursors, and what it was called before it was restored from dumps. One row: id, the
-- earlier ids, and what each has to be taken off the xids of its cursors.
SELECT id,
    ARRAY(SELECT earlier_id FROM restored_installations ORDER BY earlier_id),
    ARRAY(SELECT shift FROM restored_installations ORDER BY earlier_id)
FROM installation
