-- The artifact of a name in a run, node and attempt.
-- $1 organization, $2 run key, $3 node or null, $4 attempt or null, $5 name. At most one row: artifact_id, run_key, node_ref,
-- attempt, name, media_type, bytes, sha256, created_at. Leans on artifacts' unique place.
SELECT artifact_id, run_key, node_ref, attempt, name, media_type, bytes, sha256, created_at
FROM artifacts
WHERE run_key = $2 AND organization_id = $1
    AND node_ref IS NOT DISTINCT FROM $3::text
    AND attempt IS NOT DISTINCT FROM $4::integer
    AND name = $5
