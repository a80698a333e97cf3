-- ShipSec Studio: the next runs by id, those that left only traces too. $1 last id known, $2 most. Rows: JSON {run_id, run}; its
-- index on each table's run_id gives either side in order.
SELECT json_build_object('run_id', ids.run_id, 'run', to_jsonb(r))::text
FROM (
    (SELECT run_id FROM workflow_runs WHERE run_id > $1::text ORDER BY run_id LIMIT $2::bigint)
    UNION
    (SELECT DISTINCT run_id FROM workflow_traces WHERE run_id > $1 ORDER BY run_id LIMIT $2)
    ORDER BY run_id LIMIT $2
) ids
LEFT JOIN workflow_runs r ON r.run_id = ids.run_id
ORDER BY ids.run_id
