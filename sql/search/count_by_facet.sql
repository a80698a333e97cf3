-- As count.sql, by way of the rarest facet: see list_by_facet.sql, whose parameters it has. One row: count. Leans on the primary keys of
-- run_facets and runs.
SELECT count(*)
FROM (
    SELECT
    FROM run_facets f
    WHERE f.organization_id = $1
        AND f.facet = (SELECT rarest_facet($1, $6::text::jsonb, $7))
        AND ($2::uuid IS NULL OR f.run_key >= $2)
        AND ($3::uuid IS NULL OR f.run_key < $3)
        AND (num_nonnulls($4::text[], $5::text, $9::text, $10::text[]) = 0 OR EXISTS (
            SELECT FROM runs r
            WHERE r.organization_id = $1 AND r.run_key = f.run_key AND fits(r, $4, $5, $9::text::jsonb, $10)
        ))
    LIMIT $8
) AS counted
