-- Writes a checkpoint anew, under the run's lock. $1 run key, $2 seq, $3 state as text. Leans on checkpoints' primary key.
INSERT INTO checkpoints (run_key, seq, state)
VALUES ($1, $2, $3::json)
ON CONFLICT (run_key, seq) DO UPDATE SET state = excluded.state
