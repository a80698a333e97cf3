-- Adds an organization. $1 organization, $2 name, $3 the user whose personal one it is, or null. One row: created_at.
INSERT INTO organizations (organization_id, name, personal_of) VALUES ($1, $2, $3)
RETURNING created_at
