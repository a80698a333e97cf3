-- Runs by key, for a walk over all of them, of every organization. $1 key to go on after, $2 run id or null, $3 limit.
-- Rows: run_key, organization_id, run_id. Leans on runs' primary key; by id it reads all of them, which the operator who asks waits for.
SELECT run_key, organization_id, run_id
FROM runs
WHERE run_key > $1 AND ($2::text IS NULL OR run_id = $2)
ORDER BY run_key
LIMIT $3
