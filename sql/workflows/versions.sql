-- A page of a workflow's versions, newest first. $1 organization, $2 name, $3 version to stay below or null, $4 limit.
-- Rows: version, created_at, description, node_count. Leans on workflow_versions' primary key.
SELECT version, created_at, description, node_count
FROM workflow_versions
WHERE organization_id = $1 AND workflow = $2 AND ($3::integer IS NULL OR version < $3)
ORDER BY version DESC
LIMIT $4
