-- Takes a workflow out of the list; its versions stay. $1 organization, $2 name, $3 now. Rows: one if it was there. Leans on
-- workflows' primary key.
UPDATE workflows
SET deleted_at = $3
WHERE organization_id = $1 AND name = $2 AND deleted_at IS NULL
RETURNING name
