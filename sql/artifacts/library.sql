-- A page of an organization's artifacts over all its runs, newest first.
-- $1 organization, $2 workflow or null, $3 pattern that the name fits or null, $4 time and $5 artifact to stay behind or null, $6 limit. Rows:
-- artifact_id, run_key, node_ref, attempt, name, media_type, bytes, sha256, created_at, run_id, workflow. Leans on artifacts_newest, and for each
-- of its rows on runs' primary key.
SELECT a.artifact_id, a.run_key, a.node_ref, a.attempt, a.name, a.media_type, a.bytes, a.sha256, a.created_at, r.run_id, r.workflow
FROM artifacts a
JOIN runs r ON r.run_key = a.run_key
WHERE a.organization_id = $1
    AND ($2::text IS NULL OR r.workflow = $2)
    AND ($3::text IS NULL OR a.name ILIKE $3)
    AND ($4::timestamptz IS NULL OR (a.created_at, a.artifact_id) < ($4, $5::uuid))
ORDER BY a.created_at DESC, a.artifact_id DESC
LIMIT $6
