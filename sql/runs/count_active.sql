-- How many runs are not over, over all organizations. One row: count. Leans on runs_active.
SELECT count(*)
FROM runs
WHERE status IN ('QUEUED', 'RUNNING', 'AWAITING_INPUT', 'STALE')
