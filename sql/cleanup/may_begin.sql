-- Whether everybody who follows the events has seen what was there when a plan was applied. $1 plan id. One row: seen.
-- Leans on cleanup_plans' primary key.
SELECT NOT EXISTS (SELECT FROM event_cursors c WHERE c.seen_to < p.apply_xid) AS seen
FROM cleanup_plans p
WHERE p.plan_id = $1
