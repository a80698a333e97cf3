-- How many events were purged between two cursors. $1 organization, $2 and $3 their xids. One row: events. Leans on
-- purged_events_in_order.
SELECT coalesce(sum(events), 0)::bigint AS events
FROM purged_events
WHERE organization_id = $1 AND first_xid > $2 AND first_xid <= $3
