-- A user's role in an organization. $1 organization, $2 user. Rows: role. Leans on the primary key.
SELECT role FROM memberships WHERE organization_id = $1 AND user_id = $2
