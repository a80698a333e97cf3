-- The last transaction behind a cursor whose events were purged and that nobody can come before any more. $1 organization, $2 xid of
-- the cursor. One row: xid or null. Leans on purged_events_in_order.
SELECT max(first_xid) AS xid
FROM purged_events
WHERE organization_id = $1 AND first_xid > $2 AND first_xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
