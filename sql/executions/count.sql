-- How many runs a workflow has. $1 organization, $2 workflow, $3 status[] or null, $4 lowest and $5 highest run key or null.
-- One row: count. Leans on runs_by_workflow.
SELECT count(*)
FROM runs
WHERE organization_id = $1 AND workflow = $2
    AND ($3::text[] IS NULL OR status = ANY ($3))
    AND ($4::uuid IS NULL OR run_key >= $4)
    AND ($5::uuid IS NULL OR run_key < $5)
