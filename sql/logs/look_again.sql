-- Puts off the reading back of segments. $1 run keys, $2 first logSeqs, $3 cut_at, $4 when, $5 tries, $6 a reason to set it aside,
-- or null. Rows: none of use. Leans on log_segments' primary key.
UPDATE log_segments s
SET settle_after = CASE WHEN g.reason IS NULL THEN g.settle_after END, tries = g.tries, reason = g.reason,
    state = CASE WHEN g.reason IS NULL THEN s.state ELSE 'aside' END
FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::integer[], $6::text[])
    AS g (key, first, cut_at, settle_after, tries, reason)
WHERE s.run_key = g.key AND s.first_log_seq = g.first AND s.cut_at = g.cut_at AND s.state = 'pushed'
