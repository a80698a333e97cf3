-- A page of runs, newest first, after a keyset cursor.
-- $1 organization, $2 run key to stay below or null, $3 lowest and $4 highest run key or null, $5 status[] or null,
-- $6 workflow or null, $7 labels (jsonb text) or null, $8 text pattern for ILIKE or null, $9 triggers' types[] or null, $10 limit.
-- Rows: run_key, run_id, state, trigger, labels. Leans on runs_newest, runs_by_status or runs_by_workflow.
SELECT run_key, run_id, state::text, trigger::text, labels::text
FROM runs
WHERE organization_id = $1
    AND ($2::uuid IS NULL OR run_key < $2)
    AND ($3::uuid IS NULL OR run_key >= $3)
    AND ($4::uuid IS NULL OR run_key < $4)
    AND ($5::text[] IS NULL OR status = ANY ($5))
    AND ($6::text IS NULL OR workflow = $6)
    AND ($7::text IS NULL OR labels @> $7::jsonb)
    -- Only of runs that did not come to a good end a failure is looked for: reading the state of each costs more than all the rest.
    AND ($8::text IS NULL OR run_id ILIKE $8 OR workflow ILIKE $8
        OR status IN ('FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT')
            AND (state #>> '{failure,reason}' ILIKE $8 OR state #>> '{failure,nodeRef}' ILIKE $8))
    -- A trigger is an object with a type (older clients say kind), or the word itself.
    AND ($9::text[] IS NULL OR coalesce(trigger ->> 'type', trigger ->> 'kind', trigger #>> '{}') = ANY ($9))
ORDER BY run_key DESC
LIMIT $10
