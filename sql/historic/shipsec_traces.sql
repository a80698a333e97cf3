-- ShipSec Studio: the traces of these runs in the order in which they happened; the sequence is not unique. $1 run ids. Rows: JSON.
SELECT to_jsonb(t)::text FROM workflow_traces t
WHERE t.run_id = ANY($1::text[])
ORDER BY t.run_id, t."timestamp", t.sequence, t.id
