-- Every stream of the given runs. $1 uuid[] run keys. Rows: run_key, node_ref, attempt, stream, lines, bytes, last_line,
-- closed_at_lines, digest_state, further_parts. Leans on log_streams' primary key.
SELECT run_key, node_ref, attempt, stream, lines, bytes, last_line, closed_at_lines, digest_state,
    further_parts
FROM log_streams
WHERE run_key = ANY ($1)
ORDER BY run_key, node_ref, attempt, stream
