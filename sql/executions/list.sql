-- A page of a workflow's runs as older clients count them, newest first.
-- $1 organization, $2 workflow, $3 status[] or null, $4 lowest and $5 highest run key or null, $6 limit, $7 offset.
-- Rows: run_key, state. Leans on runs_by_workflow.
SELECT run_key, state::text
FROM runs
WHERE organization_id = $1 AND workflow = $2
    AND ($3::text[] IS NULL OR status = ANY ($3))
    AND ($4::uuid IS NULL OR run_key >= $4)
    AND ($5::uuid IS NULL OR run_key < $5)
ORDER BY run_key DESC
LIMIT $6 OFFSET $7
