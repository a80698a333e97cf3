-- The members of an organization, by e-mail. $1 organization, $2 limit. Rows: user_id, email, name, role, created_at, whether it has
-- a way to sign in by itself. Leans on memberships' primary key.
SELECT u.user_id, u.email, u.name, m.role, m.created_at, u.password_hash IS NOT NULL OR u.openid_subject IS NOT NULL
FROM memberships m JOIN users u USING (user_id)
WHERE m.organization_id = $1
ORDER BY u.email
LIMIT $2
