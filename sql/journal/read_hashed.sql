-- A page of a run's events with their hashes, for a copy that proves itself; bounded in rows.
-- $1 run key, $2 after seq, $3 up to seq, $4 limit. Rows: seq, recorded_at, late, hash, body. Leans on events' primary key.
SELECT seq, recorded_at, late, hash, body::text
FROM events
WHERE run_key = $1 AND seq > $2 AND seq <= $3
ORDER BY seq
LIMIT $4
