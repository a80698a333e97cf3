-- Whether there are events of transactions that this cluster has not begun yet, which a dump from another one brings.
-- No parameters. One row: a boolean. Leans on events_across_runs, of which it looks at the end for each organization, and on
-- runs_newest to find those one by one.
WITH RECURSIVE organizations AS (
    (SELECT organization_id FROM runs ORDER BY organization_id LIMIT 1)
    UNION ALL
    SELECT (SELECT r.organization_id FROM runs r WHERE r.organization_id > o.organization_id ORDER BY r.organization_id LIMIT 1)
    FROM organizations o
    WHERE o.organization_id IS NOT NULL
)
SELECT EXISTS (
    SELECT FROM organizations o
    CROSS JOIN LATERAL (
        SELECT e.xid FROM events e WHERE e.organization_id = o.organization_id ORDER BY e.xid DESC, e.pos DESC LIMIT 1
    ) AS newest
    WHERE o.organization_id IS NOT NULL AND newest.xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
)
