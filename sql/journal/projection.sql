-- Everything that is projected of one run, to be held against the fold of its events. $1 run key.
-- At most one row: workflow, status, head_seq, head_hash, state, trigger, labels, inputs, result, and the nodes in order as five
-- arrays: names, positions, statuses, attempts, states. Leans on the primary keys of runs and nodes.
SELECT r.workflow, r.status, r.head_seq, r.head_hash, r.state::text, r.trigger::text, r.labels::text, r.inputs::text,
    r.result::text, n.names, n.positions, n.statuses, n.attempts, n.states
FROM runs r
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(node_ref ORDER BY position, node_ref), '{}') AS names,
        coalesce(array_agg(position ORDER BY position, node_ref), '{}') AS positions,
        coalesce(array_agg(status ORDER BY position, node_ref), '{}') AS statuses,
        coalesce(array_agg(attempt ORDER BY position, node_ref), '{}') AS attempts,
        coalesce(array_agg(state::text ORDER BY position, node_ref), '{}') AS states
    FROM nodes WHERE nodes.run_key = r.run_key
) AS n
WHERE r.run_key = $1
