-- A page of runs, newest first, after a keyset cursor.
-- $1 organization, $2 lowest run key or null, $3 run key to stay below or null, $4 status[] or null, $5 workflow or null, $6 labels
-- (jsonb text) or null, $7 triggers' types[] or null, $8 limit. Rows: run_key, run_id, state, trigger, labels. Leans on runs_newest,
-- runs_by_status or runs_by_workflow.
SELECT r.run_key, r.run_id, r.state::text, r.trigger::text, r.labels::text
FROM runs r
WHERE r.organization_id = $1
    AND ($2::uuid IS NULL OR r.run_key >= $2)
    AND ($3::uuid IS NULL OR r.run_key < $3)
    AND fits(r, $4, $5, $6::text::jsonb, $7)
ORDER BY r.run_key DESC
LIMIT $8
