-- The chunks that hold lines behind a place, in order, as many as a reader takes at once.
-- $1 run key, $2 after logSeq, $3 before logSeq, $4 node ref or null, $5 most chunks, $6 plain bytes that are enough.
-- Rows: first_log_seq, last_log_seq, plain_bytes, body: null where no line is of that node, so that a reader sees
-- which lines are here without fetching them. Leans on log_chunks' primary key: the first chunk that may hold $2 + 1 is
-- the last one that begins at or before it.
SELECT first_log_seq, last_log_seq, plain_bytes, body
FROM (
    SELECT first_log_seq, last_log_seq, plain_bytes, body,
        sum(CASE WHEN body IS NULL THEN 0 ELSE plain_bytes END)
            OVER (ORDER BY first_log_seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
    FROM (
        SELECT first_log_seq, last_log_seq, plain_bytes,
            CASE WHEN $4::text IS NULL OR $4 = ANY (nodes) THEN body END AS body
        FROM log_chunks
        WHERE run_key = $1
            AND first_log_seq >= coalesce((
                SELECT max(c.first_log_seq) FROM log_chunks c WHERE c.run_key = $1 AND c.first_log_seq <= $2 + 1), 0)
            AND last_log_seq > $2 AND first_log_seq < $3
        ORDER BY first_log_seq
        LIMIT $5
    ) AS next
) AS counted
WHERE coalesce(bytes_before, 0) < $6
ORDER BY first_log_seq
