-- The segments that hold lines between two places of a run, last first. Parameters and rows as segments_covering. Leans on
-- log_segments' primary key.
SELECT s.run_key, r.organization_id, r.run_id, s.first_log_seq, s.last_log_seq, s.state, s.labels, s.workflow, s.cut_at,
    s.floor_ns, s.first_ns, s.last_ns, s.lines, s.plain_bytes, s.digest, s.tries, s.recut
FROM log_segments s
JOIN runs r USING (run_key)
WHERE s.run_key = $1 AND s.last_log_seq > $2 AND s.first_log_seq < $3
ORDER BY s.first_log_seq DESC
LIMIT $4
