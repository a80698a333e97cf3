-- Everything that is projected of one run, to be held against the fold of its events. $1 run key.
-- At most one row: workflow, status, head_seq, head_hash, state, trigger, labels, inputs, result, the nodes in order as five
-- arrays: names, positions, statuses, attempts, states, and whether the run is found by what its row says. Leans on the primary keys of
-- runs, nodes, run_words and run_facets.
SELECT r.workflow, r.status, r.head_seq, r.head_hash, r.state::text, r.trigger::text, r.labels::text, r.inputs::text,
    r.result::text, n.names, n.positions, n.statuses, n.attempts, n.states,
    EXISTS (
        SELECT FROM run_words w
        WHERE w.organization_id = r.organization_id AND w.run_key = r.run_key
            AND w.words = words_of(r.run_id, r.workflow, r.status, r.state)
    ) AND NOT EXISTS (
        SELECT FROM facets_of(r.labels, r.trigger) AS given (facet)
        WHERE NOT EXISTS (
            SELECT FROM run_facets f
            WHERE f.organization_id = r.organization_id AND f.facet = given.facet AND f.run_key = r.run_key
        )
    ) AS is_found
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
