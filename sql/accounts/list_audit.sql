-- A page of who did what, newest first. $1 organization, $2 entry to stay before or null, $3 limit. Rows: entry_id, at, actor, action,
-- subject, detail as text, address. Leans on audit_log_of_organization.
SELECT entry_id, at, actor, action, subject, detail::text, address
FROM audit_log
WHERE organization_id = $1 AND ($2::bigint IS NULL OR entry_id < $2)
ORDER BY entry_id DESC
LIMIT $3
