-- Segments that are cut and not pushed, run by run in order. $1 keys of runs to leave out, $2 the only run or null, $3 limit. Rows:
-- as segments.rs reads them. Leans on log_segments_cut.
SELECT s.run_key, r.organization_id, r.run_id, s.first_log_seq, s.last_log_seq, s.state, s.labels, s.workflow, s.cut_at,
    s.floor_ns, s.first_ns, s.last_ns, s.lines, s.plain_bytes, s.digest, s.tries, s.recut
FROM log_segments s
JOIN runs r USING (run_key)
WHERE s.state = 'cut' AND s.run_key <> ALL ($1) AND ($2::uuid IS NULL OR s.run_key = $2)
ORDER BY s.run_key, s.first_log_seq
LIMIT $3
