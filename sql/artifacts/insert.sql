-- Records an artifact whose bytes are stored; one that has its place already is left as it is.
-- $1 artifact, $2 organization, $3 run key, $4 node or null, $5 attempt or null, $6 name, $7 media type, $8 bytes, $9 sha256,
-- $10 created at. One row, if it was not there: artifact_id. Leans on artifacts' primary key and its unique place.
INSERT INTO artifacts
    (artifact_id, organization_id, run_key, node_ref, attempt, name, media_type, bytes, sha256, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT DO NOTHING
RETURNING artifact_id
