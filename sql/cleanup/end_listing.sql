-- Ends the listing of a plan: to be applied, or back to being planned. $1 plan id, $2 state. No rows. Leans on cleanup_plans'
-- primary key.
UPDATE cleanup_plans
SET state = $2, listing_since = NULL, apply_xid = pg_snapshot_xmax(pg_current_snapshot())::text::bigint
WHERE plan_id = $1 AND state = 'listing'
