-- Takes a session to another of its user's organizations. $1 session, $2 organization. One row (session_id) where the user is a member.
UPDATE sessions s SET organization_id = $2
WHERE s.session_id = $1 AND EXISTS (
    SELECT 1 FROM memberships m WHERE m.organization_id = $2 AND m.user_id = s.user_id)
RETURNING session_id
