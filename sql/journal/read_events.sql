-- A page of a run's events, in seq order, bounded in rows; the caller bounds bytes.
-- $1 run key, $2 after seq, $3 up to seq, $4 limit, $5 type[] or null, $6 node ref or null, $7 level[] or null.
-- Rows: seq, recorded_at, late, body. Leans on events' primary key.
SELECT seq, recorded_at, late, body::text
FROM events
WHERE run_key = $1 AND seq > $2 AND seq <= $3
    AND ($5::text[] IS NULL OR type = ANY ($5))
    AND ($6::text IS NULL OR node_ref = $6)
    AND ($7::text[] IS NULL OR level = ANY ($7))
ORDER BY seq
LIMIT $4
