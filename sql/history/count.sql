-- How many runs fit the filters of the list, counted no further than $9.
-- $1 organization, $2 lowest and $3 highest run key or null, $4 status[] or null, $5 workflow or null, $6 labels (jsonb text) or null,
-- $7 text pattern for ILIKE or null, $8 triggers' types[] or null, $9 limit. One row: count.
-- Leans on runs_newest, runs_by_status or runs_by_workflow.
SELECT count(*)
FROM (
    SELECT
    FROM runs
    WHERE organization_id = $1
        AND ($2::uuid IS NULL OR run_key >= $2)
        AND ($3::uuid IS NULL OR run_key < $3)
        AND ($4::text[] IS NULL OR status = ANY ($4))
        AND ($5::text IS NULL OR workflow = $5)
        AND ($6::text IS NULL OR labels @> $6::jsonb)
        -- Only of runs that did not come to a good end a failure is looked for: reading the state of each costs more than all the rest.
        AND ($7::text IS NULL OR run_id ILIKE $7 OR workflow ILIKE $7
            OR status IN ('FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT')
                AND (state #>> '{failure,reason}' ILIKE $7 OR state #>> '{failure,nodeRef}' ILIKE $7))
        AND ($8::text[] IS NULL OR coalesce(trigger ->> 'type', trigger ->> 'kind', trigger #>> '{}') = ANY ($8))
    LIMIT $9
) AS counted
