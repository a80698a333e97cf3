-- The heads of watched runs. $1 uuid[] run keys. Rows: run_key, head_seq, head_log_seq, status. Leans on the primary
-- keys of runs and run_logs.
SELECT r.run_key, r.head_seq, coalesce(l.head_log_seq, 0) AS head_log_seq, r.status
FROM runs r
LEFT JOIN run_logs l USING (run_key)
WHERE r.run_key = ANY ($1)
