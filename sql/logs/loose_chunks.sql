-- A run's chunks without their bodies, in order, each with the segment it lies in. $1 run key, $2 after logSeq, $3 limit.
-- Rows: first_log_seq, last_log_seq, plain_bytes, the segment's first_log_seq (0 where nothing is cut yet). Segments lie side by side up
-- to cut_log_seq, so the last one that begins before a chunk has it. Leans on the primary keys of log_chunks and log_segments.
SELECT c.first_log_seq, c.last_log_seq, c.plain_bytes,
    CASE WHEN c.first_log_seq <= l.cut_log_seq THEN coalesce((
        SELECT max(s.first_log_seq) FROM log_segments s
        WHERE s.run_key = c.run_key AND s.first_log_seq <= c.first_log_seq), 0) ELSE 0 END
FROM run_logs l
JOIN log_chunks c USING (run_key)
WHERE l.run_key = $1 AND c.first_log_seq > $2
ORDER BY c.first_log_seq
LIMIT $3
