-- An organization. $1 organization. Rows: name, whether it is a personal one. Leans on the primary key.
SELECT name, personal_of IS NOT NULL FROM organizations WHERE organization_id = $1
