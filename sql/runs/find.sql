-- A run by its name. $1 organization, $2 run id. At most one row: run_key, head_seq, status. Leans on runs' unique
-- (organization_id, run_id).
SELECT run_key, head_seq, status
FROM runs
WHERE organization_id = $1 AND run_id = $2
