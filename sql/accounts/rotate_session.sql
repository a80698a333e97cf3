-- Puts the next refresh secret in place. $1 session, $2 its SHA-256, $3 the session's new end. No rows.
UPDATE sessions SET refresh_hash = $2, refreshed_at = now(), expires_at = $3 WHERE session_id = $1
