-- What is left of a purged run. $1 organization, $2 run id. At most one row: run_id, workflow, status, head_seq, head_hash,
-- purged_at, plan_id. Leans on run_tombstones' primary key.
SELECT run_id, workflow, status, head_seq, head_hash, purged_at, plan_id
FROM run_tombstones
WHERE organization_id = $1 AND run_id = $2
