-- The nearest checkpoint at or before an event.
-- $1 run key, $2 seq. At most one row: seq, state. Leans on checkpoints' primary key.
SELECT seq, state::text
FROM checkpoints
WHERE run_key = $1 AND seq <= $2
ORDER BY seq DESC
LIMIT 1
