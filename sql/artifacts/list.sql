-- A page of a run's artifacts, oldest first.
-- $1 organization, $2 run key, $3 time and $4 artifact to stay behind or null, $5 node or null, $6 limit. Rows: artifact_id,
-- run_key, node_ref, attempt, name, media_type, bytes, sha256, created_at. Leans on artifacts' unique place, whose first column
-- is the run, and sorts what one run has.
SELECT artifact_id, run_key, node_ref, attempt, name, media_type, bytes, sha256, created_at
FROM artifacts
WHERE run_key = $2 AND organization_id = $1
    AND ($3::timestamptz IS NULL OR (created_at, artifact_id) > ($3, $4::uuid))
    AND ($5::text IS NULL OR node_ref = $5)
ORDER BY created_at, artifact_id
LIMIT $6
