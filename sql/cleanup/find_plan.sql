-- A plan. $1 organization, $2 plan id. At most one row: plan_id, what, criteria, state, digest, runs, events, lines, bytes,
-- artifacts, done_runs, done_events, done_lines, done_bytes, done_artifacts, sample, created_at, expires_at, finished_at.
-- Leans on cleanup_plans' primary key.
SELECT plan_id, what, criteria::text, state, digest, runs, events, lines, bytes, artifacts, done_runs, done_events, done_lines,
    done_bytes, done_artifacts, sample::text, created_at, expires_at, finished_at
FROM cleanup_plans
WHERE organization_id = $1 AND plan_id = $2
