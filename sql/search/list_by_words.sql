-- As list.sql, of the runs whose words hold a text. Same parameters and rows, and $9 the text. Leans on the primary keys of run_words,
-- which holds all the words, and runs.
SELECT r.run_key, r.run_id, r.state, r.trigger, r.labels
FROM run_words w
-- See list_by_facet.sql.
CROSS JOIN LATERAL (
    SELECT r.run_key, r.run_id, r.state::text, r.trigger::text, r.labels::text
    FROM runs r
    WHERE r.run_key = w.run_key AND fits(r, $4, $5, $6::text::jsonb, $7)
    OFFSET 0
) AS r
WHERE w.organization_id = $1
    AND ($2::uuid IS NULL OR w.run_key >= $2)
    AND ($3::uuid IS NULL OR w.run_key < $3)
    AND (position((SELECT convert_to(lower($9), 'UTF8')) IN w.words) > 0
        OR octet_length(w.words) = 2400 AND failure_holds(w.run_key, $9))
ORDER BY w.run_key DESC
LIMIT $8
