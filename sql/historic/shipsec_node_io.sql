-- ShipSec Studio: what nodes of these runs were given and gave. $1 run ids. Rows: JSON.
SELECT to_jsonb(n)::text FROM node_io n WHERE n.run_id = ANY($1::text[]) ORDER BY n.run_id, n.node_ref
