-- ShipSec Studio: where the output of these runs is. $1 run ids. Rows: JSON.
SELECT to_jsonb(s)::text FROM workflow_log_streams s WHERE s.run_id = ANY($1::text[]) ORDER BY s.run_id, s.node_ref, s.stream
