-- Those of some sessions that hold, with what their users may do there. $1 sessions. Rows: session_id, user_id, organization_id, role,
-- email, name. Leans on the primary keys of sessions, memberships and users.
SELECT s.session_id, s.user_id, s.organization_id, m.role, u.email, u.name
FROM sessions s
JOIN memberships m ON m.organization_id = s.organization_id AND m.user_id = s.user_id
JOIN users u ON u.user_id = s.user_id
WHERE s.session_id = ANY ($1) AND s.expires_at > now() AND u.removed_at IS NULL
