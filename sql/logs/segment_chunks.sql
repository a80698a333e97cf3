-- All chunks of segments, in order. $1 run keys, $2 first logSeqs, $3 last logSeqs. Rows: as uncut_chunks, the place being the
-- segment's. Leans on log_chunks' primary key.
SELECT g.place, c.first_log_seq, c.last_log_seq, c.plain_bytes, c.body, c.recorded_at
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS g (key, first, last, place)
JOIN log_chunks c ON c.run_key = g.key AND c.first_log_seq >= g.first AND c.first_log_seq <= g.last
ORDER BY g.place, c.first_log_seq
