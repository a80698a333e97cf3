-- Takes a plan to go through its set again; one that somebody began $3 or longer ago, and never ended, too.
-- $1 organization, $2 plan id, $3 milliseconds. Rows: one where it was taken. Leans on cleanup_plans' primary key.
UPDATE cleanup_plans
SET state = 'listing', listing_since = now()
WHERE organization_id = $1 AND plan_id = $2
    AND (state = 'planned' OR state = 'listing' AND listing_since < now() - $3 * interval '1 millisecond')
RETURNING plan_id
