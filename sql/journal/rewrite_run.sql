-- Writes a run's projection anew, from the fold, under the run's lock. $1 run key, $2 workflow, $3 status, $4 head_seq,
-- $5 head_hash, $6 state, $7 trigger, $8 labels, $9 inputs, $10 result; the last five as text. Leans on runs' primary key.
UPDATE runs
SET workflow = $2, status = $3, head_seq = $4, head_hash = $5, state = $6::json, trigger = $7::json, labels = $8::jsonb,
    inputs = $9::json, result = $10::json
WHERE run_key = $1
