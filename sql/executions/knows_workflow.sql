-- Whether an organization has a workflow of that name: a stored one, or runs of one. $1 organization, $2 name. One row: known.
-- Leans on workflows' primary key and runs_by_workflow.
SELECT EXISTS (SELECT FROM workflows WHERE organization_id = $1 AND name = $2)
    OR EXISTS (SELECT FROM runs WHERE organization_id = $1 AND workflow = $2) AS known
