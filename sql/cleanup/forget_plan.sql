-- Forgets a plan that comes to nothing. $1 plan id. No rows. Leans on cleanup_plans' primary key.
DELETE FROM cleanup_plans
WHERE plan_id = $1 AND state = 'planned'
