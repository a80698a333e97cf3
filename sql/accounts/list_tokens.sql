-- The API tokens of an organization, newest first. $1 organization, $2 limit. Rows: token_id, name, scopes, workflow, run_id, created_at,
-- expires_at, last_used_at, prefix. Leans on api_tokens_of_organization.
SELECT token_id, name, scopes, workflow, run_id, created_at, expires_at, last_used_at, prefix
FROM api_tokens
WHERE organization_id = $1
ORDER BY created_at DESC, token_id DESC
LIMIT $2
