-- Begins a session. $1 session, $2 user, $3 organization, $4 SHA-256 of the refresh secret, $5 its end. No rows.
INSERT INTO sessions (session_id, user_id, organization_id, refresh_hash, expires_at) VALUES ($1, $2, $3, $4, $5)
