-- Says that a run's chunks have been joined. $1 run key, $2 the head that was seen before: a run that has gone on since is to be looked
-- at again some time. No rows. Leans on run_logs' primary key.
UPDATE run_logs
SET loose_since = CASE WHEN head_log_seq = $2 THEN NULL ELSE now() END
WHERE run_key = $1
