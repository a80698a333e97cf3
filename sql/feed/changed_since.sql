-- Which runs have got events from transactions at or behind an xid, and up to where all are seen; for instances that
-- hear no doorbell. $1 xid (beyond any to learn the place only). Rows: organization_id and run_key or nulls, xid to ask
-- from next time. Leans on events_across_runs, once for each organization.
SELECT changed.organization_id, changed.run_key, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS seen_to
FROM (SELECT 1) AS always
LEFT JOIN (
    SELECT DISTINCT e.organization_id, e.run_key
    FROM organizations o
    JOIN LATERAL (
        SELECT organization_id, run_key FROM events WHERE organization_id = o.organization_id AND xid >= $1
    ) AS e ON true
) AS changed ON true
