-- The folded state of runs, to go on folding from, and which of the names were purged.
-- $1 uuid[] organizations, $2 text[] run ids, of one length. Rows: place (from 1), run_key (null: purged, and all that follows too),
-- head_hash, state, trigger, labels, inputs, result, and the nodes in order as two arrays. Leans on runs' unique
-- (organization_id, run_id), run_tombstones' primary key and nodes' primary key.
SELECT given.place::integer, r.run_key, r.head_hash, r.state::text, r.trigger::text, r.labels::text, r.inputs::text,
    r.result::text, n.names, n.states
FROM unnest($1, $2) WITH ORDINALITY AS given (organization, name, place)
LEFT JOIN runs r ON r.organization_id = given.organization AND r.run_id = given.name
LEFT JOIN run_tombstones t ON r.run_key IS NULL AND t.organization_id = given.organization AND t.run_id = given.name
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(node_ref ORDER BY position), '{}') AS names,
        coalesce(array_agg(state::text ORDER BY position), '{}') AS states
    FROM nodes WHERE nodes.run_key = r.run_key
) AS n
WHERE r.run_key IS NOT NULL OR t.run_key IS NOT NULL
