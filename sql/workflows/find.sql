-- A workflow with one of its versions, the latest unless one is named; a deleted one too.
-- $1 organization, $2 name, $3 version or null. At most one row: latest_version, created_at, updated_at, is_deleted,
-- version, source, version_created_at. Leans on the primary keys of both tables.
SELECT w.latest_version, w.created_at, w.updated_at, w.deleted_at IS NOT NULL AS is_deleted, v.version, v.source,
    v.created_at AS version_created_at
FROM workflows w
JOIN workflow_versions v ON v.organization_id = w.organization_id AND v.workflow = w.name
    AND v.version = coalesce($3, w.latest_version)
WHERE w.organization_id = $1 AND w.name = $2
