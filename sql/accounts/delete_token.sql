-- Revokes an API token. $1 organization, $2 token. One row (its name) if there was one. Leans on the primary key.
DELETE FROM api_tokens WHERE organization_id = $1 AND token_id = $2 RETURNING name
