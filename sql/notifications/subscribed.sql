-- Every notification that wants to be told, with how far its organization's events were looked at. Rows: organization_id, notification_id,
-- statuses, workflow, from_xid, xid and pos of the cursor or null. Reads the whole table, which is small.
SELECT n.organization_id, n.notification_id, n.statuses, n.workflow, n.from_xid, c.xid, c.pos
FROM notifications n
LEFT JOIN notification_cursors c USING (organization_id)
WHERE n.enabled
ORDER BY n.organization_id, n.notification_id
