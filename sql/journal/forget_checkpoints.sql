-- Removes checkpoints where none belongs, under the run's lock. $1 run key, $2 the run's head, $3 events between two checkpoints.
-- Rows: seq. Leans on checkpoints' primary key.
DELETE FROM checkpoints
WHERE run_key = $1 AND (seq > $2 OR seq % $3 <> 0)
RETURNING seq
