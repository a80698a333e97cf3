-- Adds a version to a workflow whose row is locked, and makes it the latest; a deleted workflow is there again.
-- $1 organization, $2 name, $3 version, $4 source, $5 description or null, $6 node count, $7 now. No rows of use. Leans on
-- the primary keys of both tables. The workflow's time never goes back, whatever this server's clock says.
WITH latest AS (
    UPDATE workflows
    SET latest_version = $3, updated_at = greatest(updated_at, $7), deleted_at = NULL
    WHERE organization_id = $1 AND name = $2
)
INSERT INTO workflow_versions (organization_id, workflow, version, source, description, node_count, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
