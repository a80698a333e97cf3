-- As list.sql, by way of the rarest of the labels, $6, and of the trigger's type, $7, if it is one. $9 labels and $10 triggers' types that are
-- still to be looked at in the run itself, or null. Otherwise the same parameters and rows. Leans on the primary keys of run_facets and runs.
SELECT r.run_key, r.run_id, r.state, r.trigger, r.labels
FROM run_facets f
-- OFFSET keeps the planner from going through all runs instead, of which it would find enough sooner if they were spread as it thinks.
CROSS JOIN LATERAL (
    SELECT r.run_key, r.run_id, r.state::text, r.trigger::text, r.labels::text
    FROM runs r
    WHERE r.run_key = f.run_key AND fits(r, $4, $5, $9::text::jsonb, $10)
    OFFSET 0
) AS r
WHERE f.organization_id = $1
    AND f.facet = (SELECT rarest_facet($1, $6::text::jsonb, $7))
    AND ($2::uuid IS NULL OR f.run_key >= $2)
    AND ($3::uuid IS NULL OR f.run_key < $3)
ORDER BY f.run_key DESC
LIMIT $8
