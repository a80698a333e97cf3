-- Keeps a one-time link. $1 SHA-256, $2 user or null for the first, $3 organization, $4 its end. No rows.
INSERT INTO sign_in_links (hash, user_id, organization_id, expires_at) VALUES ($1, $2, $3, $4)
