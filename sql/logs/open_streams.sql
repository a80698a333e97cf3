-- The streams of a run that are not closed. $1 organization, $2 run id. Rows: run_key, node_ref, attempt, stream. Leans on runs'
-- unique (organization_id, run_id) and log_streams' primary key.
SELECT s.run_key, s.node_ref, s.attempt, s.stream
FROM runs r
JOIN log_streams s USING (run_key)
WHERE r.organization_id = $1 AND r.run_id = $2 AND s.closed_at_lines IS DISTINCT FROM s.lines
ORDER BY s.node_ref, s.attempt, s.stream
