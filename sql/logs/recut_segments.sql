-- Gives cut segments of one run new times, and the run the highest of them. $1 run key, $2 first logSeqs, $3 cut_at before,
-- $4 cut_at, $5 floor_ns, $6 first_ns, $7 last_ns. Rows: none of use. Leans on the primary keys of log_segments and run_logs.
WITH again AS (
    UPDATE log_segments s
    SET cut_at = $4, floor_ns = g.floor_ns, first_ns = g.first_ns, last_ns = g.last_ns, recut = true
    FROM unnest($2::bigint[], $3::timestamptz[], $5::bigint[], $6::bigint[], $7::bigint[])
        AS g (first, before, floor_ns, first_ns, last_ns)
    WHERE s.run_key = $1 AND s.first_log_seq = g.first AND s.cut_at = g.before AND s.state = 'cut'
    RETURNING s.last_ns
)
UPDATE run_logs l
SET last_ns = greatest(l.last_ns, (SELECT max(last_ns) FROM again))
WHERE l.run_key = $1
