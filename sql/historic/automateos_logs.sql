-- AutomateOS: the next executions by id, each with its workflow. $1 last id known, $2 most. Rows: JSON.
SELECT (to_jsonb(l) || jsonb_build_object('workflow', jsonb_build_object('id', w.id, 'name', w.name)))::text
FROM executionlog l LEFT JOIN workflow w ON w.id = l.workflow_id
WHERE l.id > $1::bigint ORDER BY l.id LIMIT $2::bigint
