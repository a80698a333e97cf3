-- The sealed values of the named secrets. $1 organization, $2 text[] names. Rows: name, sealed. Leans on secrets' primary key.
SELECT name, sealed
FROM secrets
WHERE organization_id = $1 AND name = ANY ($2)
