-- Ends a session. $1 session. No rows.
DELETE FROM sessions WHERE session_id = $1
