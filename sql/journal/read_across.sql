-- Events of an organization across its runs, in commit order of their transactions, below the oldest one still
-- running: what a cursor has passed can't get anything more in front of it.
-- $1 organization, $2 xid, $3 pos of the cursor, $4 limit, $5 type[] or null.
-- Rows: xid, pos, seq, recorded_at, late, body. Leans on events_across_runs.
SELECT xid, pos, seq, recorded_at, late, body::text
FROM events
WHERE organization_id = $1
    AND (xid, pos) > ($2::bigint, $3::integer)
    AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    AND ($5::text[] IS NULL OR type = ANY ($5))
ORDER BY xid, pos
LIMIT $4
