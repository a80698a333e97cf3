-- Runs that wait since before $1, by age, for whoever looks whether anybody could take them. $2 limit.
-- Rows: run_key, organization_id, run_id, engines. Leans on run_queue_waiting, which holds only the waiting ones.
SELECT run_key, organization_id, run_id, engines
FROM run_queue
WHERE worker IS NULL AND enqueued_at < $1
ORDER BY enqueued_at
LIMIT $2
