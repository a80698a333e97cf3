-- The log heads of runs, and which of the runs are there: a run that was purged may still be known to who appends. $1 uuid[] run keys.
-- Rows: run_key, head_log_seq and version (0 where there are no lines), is_there. Leans on the primary keys of run_logs and runs.
SELECT given.key, coalesce(l.head_log_seq, 0), coalesce(l.version, 0), r.run_key IS NOT NULL
FROM unnest($1) AS given (key)
LEFT JOIN run_logs l ON l.run_key = given.key
LEFT JOIN runs r ON r.run_key = given.key
