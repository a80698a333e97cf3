-- A page of secrets' names in their order, never their values.
-- $1 organization, $2 name to stay behind or null, $3 limit. Rows: name, created_at, updated_at. Leans on secrets' primary key.
SELECT name, created_at, updated_at
FROM secrets
WHERE organization_id = $1 AND ($2::text IS NULL OR name > $2)
ORDER BY name
LIMIT $3
