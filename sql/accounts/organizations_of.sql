-- Where a user is a member, the personal one last. $1 user, $2 limit. Rows: organization_id, name, role, whether it is personal.
-- Leans on memberships_of_user.
SELECT o.organization_id, o.name, m.role, o.personal_of IS NOT NULL
FROM memberships m JOIN organizations o USING (organization_id)
WHERE m.user_id = $1
ORDER BY o.personal_of IS NOT NULL, m.created_at, o.organization_id
LIMIT $2
