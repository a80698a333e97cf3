-- Whether this user may read as the role that row-level security holds to one organization. No parameters. One row: a boolean.
SELECT coalesce((SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = 'telltale_reader'), false)
