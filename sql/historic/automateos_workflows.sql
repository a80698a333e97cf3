-- AutomateOS: all workflows, each with its newest execution or null; but not the secret address by which anybody starts it. Rows: JSON.
SELECT (to_jsonb(w) - 'webhook_url' || jsonb_build_object('newest_execution', n.id))::text
FROM workflow w LEFT JOIN (SELECT workflow_id, max(id) AS id FROM executionlog GROUP BY workflow_id) n ON n.workflow_id = w.id
ORDER BY w.id
