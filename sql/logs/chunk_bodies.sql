-- The chunks that lie within a range of lines, in order. $1 run key, $2 first logSeq, $3 last logSeq.
-- Rows: plain_bytes, nodes, recorded_at, body. Leans on log_chunks' primary key.
SELECT plain_bytes, nodes, recorded_at, body
FROM log_chunks
WHERE run_key = $1 AND first_log_seq >= $2 AND last_log_seq <= $3
ORDER BY first_log_seq
