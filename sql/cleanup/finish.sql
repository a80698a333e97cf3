-- Ends a plan whose list is empty. $1 plan id. Rows: one where it is over now. Leans on the primary keys of cleanup_plans and
-- cleanup_items.
UPDATE cleanup_plans p
SET state = 'applied', finished_at = now()
WHERE plan_id = $1 AND state = 'applying' AND NOT EXISTS (SELECT FROM cleanup_items i WHERE i.plan_id = p.plan_id)
RETURNING plan_id
