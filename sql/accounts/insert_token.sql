-- Adds an API token. $1 token, $2 organization, $3 who made it or null, $4 name, $5 prefix, $6 SHA-256, $7 scopes, $8 workflow,
-- $9 run, $10 end. One row: created_at.
INSERT INTO api_tokens (token_id, organization_id, created_by, name, prefix, hash, scopes, workflow, run_id, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
RETURNING created_at
