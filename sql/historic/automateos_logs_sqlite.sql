-- AutomateOS on SQLite: the same. ?1 last id known, ?2 most. Columns as they are, the workflow's name last.
SELECT l.*, w.name AS workflow_name
FROM executionlog l LEFT JOIN workflow w ON w.id = l.workflow_id
WHERE l.id > ?1 ORDER BY l.id LIMIT ?2
