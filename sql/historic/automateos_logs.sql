-- AutomateOS: the next executions by id. $1 last id known, $2 most. Rows: JSON.
SELECT to_jsonb(l)::text FROM executionlog l WHERE l.id > $1::bigint ORDER BY l.id LIMIT $2::bigint
