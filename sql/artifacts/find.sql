-- An artifact of a run by its id. $1 organization, $2 run key, $3 artifact. At most one row: artifact_id, run_key, node_ref,
-- attempt, name, media_type, bytes, sha256, created_at. Leans on artifacts' primary key.
SELECT artifact_id, run_key, node_ref, attempt, name, media_type, bytes, sha256, created_at
FROM artifacts
WHERE artifact_id = $3 AND run_key = $2 AND organization_id = $1
