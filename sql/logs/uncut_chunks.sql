-- The first chunks of runs behind what is cut, in order, up to an amount of plain bytes for each run; one at least.
-- $1 run keys, $2 after logSeqs, $3 most chunks of a run, $4 plain bytes of a run. Rows: place of the run from 1, first_log_seq,
-- last_log_seq, plain_bytes, body, recorded_at. Leans on log_chunks' primary key.
SELECT g.place, c.first_log_seq, c.last_log_seq, c.plain_bytes, c.body, c.recorded_at
FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS g (key, after, place)
CROSS JOIN LATERAL (
    SELECT f.first_log_seq, f.last_log_seq, f.plain_bytes, f.body, f.recorded_at,
        sum(f.plain_bytes) OVER (ORDER BY f.first_log_seq) - f.plain_bytes AS before_it
    FROM (
        SELECT first_log_seq, last_log_seq, plain_bytes, body, recorded_at
        FROM log_chunks
        WHERE run_key = g.key AND first_log_seq > g.after
        ORDER BY first_log_seq
        LIMIT $3
    ) AS f
) AS c
WHERE c.before_it < $4
ORDER BY g.place, c.first_log_seq
