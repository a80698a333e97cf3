-- The API token with a digest, if it holds. $1 SHA-256. Rows: token_id, organization_id, name, scopes, workflow, run_id, created_by.
-- Leans on the unique hash.
SELECT token_id, organization_id, name, scopes, workflow, run_id, created_by
FROM api_tokens WHERE hash = $1 AND (expires_at IS NULL OR expires_at > now())
