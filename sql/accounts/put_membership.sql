-- Makes a user a member, or gives a member another role. $1 organization, $2 user, $3 role. No rows.
INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, $3)
ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role
