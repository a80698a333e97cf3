-- The plans that are being applied, oldest first. $1 limit. Rows: plan_id, what. Leans on cleanup_plans_applying.
SELECT plan_id, what
FROM cleanup_plans
WHERE state = 'applying'
ORDER BY created_at
LIMIT $1
