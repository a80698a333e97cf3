-- The chunks that hold lines before a place, last first, as many as a reader takes at once.
-- Parameters and rows as in read_chunks. Leans on log_chunks' primary key.
SELECT first_log_seq, last_log_seq, plain_bytes, body
FROM (
    SELECT first_log_seq, last_log_seq, plain_bytes, body,
        sum(CASE WHEN body IS NULL THEN 0 ELSE plain_bytes END)
            OVER (ORDER BY first_log_seq DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
    FROM (
        SELECT first_log_seq, last_log_seq, plain_bytes,
            CASE WHEN $4::text IS NULL OR $4 = ANY (nodes) THEN body END AS body
        FROM log_chunks
        WHERE run_key = $1 AND first_log_seq < $3 AND last_log_seq > $2
        ORDER BY first_log_seq DESC
        LIMIT $5
    ) AS next
) AS counted
WHERE coalesce(bytes_before, 0) < $6
ORDER BY first_log_seq DESC
