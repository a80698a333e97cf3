-- The segments that hold lines between two places of a run, in order. $1 run key, $2 after logSeq, $3 before logSeq, $4 limit.
-- Rows: as segments.rs reads them. Leans on log_segments' primary key: the first one that may hold $2 + 1 is the last that begins at
-- or before it.
SELECT s.run_key, r.organization_id, r.run_id, s.first_log_seq, s.last_log_seq, s.state, s.labels, s.workflow, s.cut_at,
    s.floor_ns, s.first_ns, s.last_ns, s.lines, s.plain_bytes, s.digest, s.tries, s.recut
FROM log_segments s
JOIN runs r USING (run_key)
WHERE s.run_key = $1
    AND s.first_log_seq >= coalesce((
        SELECT max(b.first_log_seq) FROM log_segments b WHERE b.run_key = $1 AND b.first_log_seq <= $2 + 1), 0)
    AND s.last_log_seq > $2 AND s.first_log_seq < $3
ORDER BY s.first_log_seq
LIMIT $4
