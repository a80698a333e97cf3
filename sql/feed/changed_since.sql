-- Which runs have got events from transactions at or behind an xid, and up to where all are seen; for instances that
-- hear no doorbell. $1 organization, $2 xid (beyond any to learn the place only). Rows: run_key or null, xid to ask
-- from next time. Leans on events_across_runs.
SELECT changed.run_key, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS seen_to
FROM (SELECT 1) AS always
LEFT JOIN (
    SELECT DISTINCT run_key FROM events WHERE organization_id = $1 AND xid >= $2
) AS changed ON true
