-- Deletes a secret. $1 organization, $2 name. One row, if it was there: name. Leans on secrets' primary key.
DELETE FROM secrets
WHERE organization_id = $1 AND name = $2
RETURNING name
