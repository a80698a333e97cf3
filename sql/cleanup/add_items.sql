-- Adds runs to a plan's list. $1 plan id, $2 uuid[] run keys. No rows.
INSERT INTO cleanup_items (plan_id, run_key)
SELECT $1, key FROM unnest($2::uuid[]) AS key
ON CONFLICT DO NOTHING
