-- The next runs of a plan's list, held to the end of the transaction; what another one holds is passed over.
-- $1 plan id, $2 limit. Rows: run_key, events, chunks (of lines; a thousand and one for any more). Leans on the primary keys of
-- cleanup_items, runs, events and log_chunks.
SELECT i.run_key, coalesce(r.head_seq - e.first + 1, 0) AS events, c.chunks
FROM cleanup_items i
LEFT JOIN runs r ON r.run_key = i.run_key
LEFT JOIN LATERAL (SELECT min(seq) AS first FROM events WHERE events.run_key = i.run_key) AS e ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS chunks FROM (SELECT FROM log_chunks WHERE log_chunks.run_key = i.run_key LIMIT 1001) AS f
) AS c
WHERE i.plan_id = $1
ORDER BY i.run_key
LIMIT $2
FOR UPDATE OF i SKIP LOCKED
