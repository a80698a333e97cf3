-- Stores a sealed secret under its name, over one that is there.
-- $1 organization, $2 name, $3 sealed value. One row: created_at, updated_at, whether the name is new. Leans on secrets' primary key.
INSERT INTO secrets AS s (organization_id, name, sealed, created_at, updated_at)
VALUES ($1, $2, $3, now(), now())
ON CONFLICT (organization_id, name) DO UPDATE SET sealed = EXCLUDED.sealed, updated_at = now()
-- A row that this statement has inserted was changed by no transaction yet.
RETURNING created_at, updated_at, xmax = 0
