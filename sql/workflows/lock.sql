-- Makes a workflow's row, or finds it, and locks it either way, so that those who store the same workflow at once take turns.
-- $1 organization, $2 name, $3 now. One row: latest_version (1 too when it was just made), deleted_at. Leans on workflows'
-- primary key.
INSERT INTO workflows AS w (organization_id, name, latest_version, created_at, updated_at)
VALUES ($1, $2, 1, $3, $3)
ON CONFLICT (organization_id, name) DO UPDATE SET name = w.name
RETURNING latest_version, deleted_at
