-- Forgets plans that were made before $1 and are not being applied, with what is left of their lists. Those that took lines
-- away and left the runs stay: whoever checks such a run asks where its lines are. No rows.
WITH gone AS (
    DELETE FROM cleanup_plans
    WHERE created_at < $1 AND state <> 'applying' AND NOT (what NOT IN ('runs', 'artifacts') AND state = 'applied')
    RETURNING plan_id
)
DELETE FROM cleanup_items i
USING gone g
WHERE i.plan_id = g.plan_id
