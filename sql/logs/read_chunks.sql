-- The chunks that hold lines behind a place, in order, a few at a time.
-- $1 run key, $2 after logSeq, $3 before logSeq, $4 node ref or null, $5 limit. Rows: first_log_seq, last_log_seq,
-- plain_bytes, body. Leans on log_chunks' primary key: the first chunk that may hold $2 + 1 is the last one that begins at or before it.
SELECT first_log_seq, last_log_seq, plain_bytes, body
FROM log_chunks
WHERE run_key = $1
    AND first_log_seq >= coalesce((
        SELECT max(c.first_log_seq) FROM log_chunks c WHERE c.run_key = $1 AND c.first_log_seq <= $2 + 1), 0)
    AND last_log_seq > $2 AND first_log_seq < $3
    AND ($4::text IS NULL OR $4 = ANY (nodes))
ORDER BY first_log_seq
LIMIT $5
