-- Those of some API tokens that hold. $1 tokens. Rows: token_id, organization_id, name, scopes, workflow, run_id, created_by. Leans on
-- the primary key.
SELECT token_id, organization_id, name, scopes, workflow, run_id, created_by
FROM api_tokens WHERE token_id = ANY ($1) AND (expires_at IS NULL OR expires_at > now())
