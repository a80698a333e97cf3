-- A session, locked for its refreshing: two with the same cookie come one after the other.
-- $1 session. Rows: user_id, organization_id, refresh_hash, expires_at. Leans on the primary key.
SELECT user_id, organization_id, refresh_hash, expires_at FROM sessions WHERE session_id = $1 FOR UPDATE
