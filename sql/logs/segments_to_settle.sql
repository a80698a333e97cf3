-- Segments whose time has come to be read back, run by run in order. $1 limit. Rows: as segments.rs reads them. Leans on
-- log_segments_to_settle.
SELECT s.run_key, r.organization_id, r.run_id, s.first_log_seq, s.last_log_seq, s.state, s.labels, s.workflow, s.cut_at,
    s.floor_ns, s.first_ns, s.last_ns, s.lines, s.plain_bytes, s.digest, s.tries, s.recut
FROM (
    SELECT * FROM log_segments WHERE state = 'pushed' AND settle_after <= now() ORDER BY settle_after LIMIT $1
) AS s
JOIN runs r USING (run_key)
ORDER BY s.run_key, s.first_log_seq
