-- How many runs fit the filters of the list, counted no further than $8.
-- Parameters as those of list.sql. One row: count. Leans on runs_newest, runs_by_status or runs_by_workflow.
SELECT count(*)
FROM (
    SELECT
    FROM runs r
    WHERE r.organization_id = $1
        AND ($2::uuid IS NULL OR r.run_key >= $2)
        AND ($3::uuid IS NULL OR r.run_key < $3)
        AND fits(r, $4, $5, $6::text::jsonb, $7)
    LIMIT $8
) AS counted
