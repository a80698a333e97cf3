-- AutomateOS on SQLite: the same. Columns as they are, the newest execution last.
SELECT w.*, n.id AS newest_execution
FROM workflow w LEFT JOIN (SELECT workflow_id, max(id) AS id FROM executionlog GROUP BY workflow_id) n ON n.workflow_id = w.id
ORDER BY w.id
