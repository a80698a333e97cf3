-- Takes runs off a plan's list, and counts what went with them. $1 plan id, $2 uuid[] run keys, $3 runs, $4 events, $5 lines,
-- $6 bytes, $7 artifacts. No rows. Leans on the primary keys of cleanup_items and cleanup_plans.
WITH off AS (
    DELETE FROM cleanup_items WHERE plan_id = $1 AND run_key = ANY ($2)
)
UPDATE cleanup_plans
SET done_runs = done_runs + $3, done_events = done_events + $4, done_lines = done_lines + $5, done_bytes = done_bytes + $6,
    done_artifacts = done_artifacts + $7
WHERE plan_id = $1
