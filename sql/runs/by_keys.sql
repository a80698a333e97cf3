-- Runs by key, as the list shows them, for those who watch the list.
-- $1 organization, $2 uuid[] run keys. Rows: run_key, run_id, state, trigger, labels. Leans on runs' primary key.
SELECT run_key, run_id, state::text, trigger::text, labels::text
FROM runs
WHERE run_key = ANY ($2) AND organization_id = $1
