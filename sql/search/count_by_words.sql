-- As count.sql, of the runs whose words hold a text: see list_by_words.sql, whose parameters it has. One row: count. Leans on the primary
-- keys of run_words, which holds all the words, and runs.
SELECT count(*)
FROM (
    SELECT
    FROM run_words w
    WHERE w.organization_id = $1
        AND ($2::uuid IS NULL OR w.run_key >= $2)
        AND ($3::uuid IS NULL OR w.run_key < $3)
        AND (position((SELECT convert_to(lower($9), 'UTF8')) IN w.words) > 0
            OR octet_length(w.words) = 2400 AND failure_holds(w.run_key, $9))
        AND (num_nonnulls($4::text[], $5::text, $6::text, $7::text[]) = 0 OR EXISTS (
            SELECT FROM runs r
            WHERE r.organization_id = $1 AND r.run_key = w.run_key AND fits(r, $4, $5, $6::text::jsonb, $7)
        ))
    LIMIT $8
) AS counted
