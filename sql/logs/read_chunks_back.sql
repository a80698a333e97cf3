-- The chunks that hold lines before a place, last first, a few at a time.
-- $1 run key, $2 after logSeq, $3 before logSeq, $4 node ref or null, $5 limit. Rows: as read_chunks. Leans on log_chunks'
-- primary key.
SELECT first_log_seq, last_log_seq, plain_bytes, body
FROM log_chunks
WHERE run_key = $1 AND first_log_seq < $3 AND last_log_seq > $2
    AND ($4::text IS NULL OR $4 = ANY (nodes))
ORDER BY first_log_seq DESC
LIMIT $5
