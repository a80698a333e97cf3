-- Writes the nodes of a run anew, under the run's lock: those given and no others. $1 run key; $2 names, $3 statuses, $4
-- attempts, $5 states as text, all in order. Leans on nodes' primary key.
WITH gone AS (
    DELETE FROM nodes WHERE run_key = $1 AND node_ref <> ALL ($2)
)
INSERT INTO nodes (run_key, node_ref, position, status, attempt, state)
SELECT $1, g.name, g.place - 1, g.status, g.attempt, g.state::json
FROM unnest($2, $3, $4, $5) WITH ORDINALITY AS g (name, status, attempt, state, place)
ON CONFLICT (run_key, node_ref) DO UPDATE
SET position = excluded.position, status = excluded.status, attempt = excluded.attempt, state = excluded.state
