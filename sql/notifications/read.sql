-- The next events of an organization that change the status of a run, in commit order of their transactions, below the oldest one
-- still running; and that bound itself, so that a page which is not full moves the cursor up to it.
-- $1 organization, $2 xid and $3 pos of the cursor, $4 limit, $5 type[]. Rows: bound, and of each event or null: xid, pos, seq, type, event_id,
-- occurred_at, run_key, run_id. Leans on events_across_runs.
WITH bound AS (
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid
)
SELECT b.xid, e.xid, e.pos, e.seq, e.type, e.event_id, e.occurred_at, e.run_key, e.body ->> 'runId'
FROM bound b
LEFT JOIN LATERAL (
    SELECT xid, pos, seq, type, event_id, occurred_at, run_key, body
    FROM events
    WHERE organization_id = $1
        AND (xid, pos) > ($2::bigint, $3::integer)
        AND xid < b.xid
        AND NOT late
        -- What is told a day after it happened is history: an import, which nobody waits for.
        AND occurred_at > recorded_at - interval '1 day'
        AND type = ANY ($5)
    ORDER BY xid, pos
    LIMIT $4
) e ON true
ORDER BY e.xid, e.pos
