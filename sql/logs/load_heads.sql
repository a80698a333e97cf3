-- The log heads of runs. $1 uuid[] run keys. Rows: run_key, head_log_seq, version. Leans on run_logs' primary key.
SELECT run_key, head_log_seq, version
FROM run_logs
WHERE run_key = ANY ($1)
