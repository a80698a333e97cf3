-- An organization's owners, locked, so that two who leave at once can't leave it without one. $1 organization. Rows: user_id, role.
SELECT user_id, role FROM memberships WHERE organization_id = $1 AND role = 'owner' ORDER BY user_id FOR UPDATE
