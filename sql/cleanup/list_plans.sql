-- Plans, newest first. $1 organization, $2 limit. Rows as find_plan gives. Leans on cleanup_plans_newest.
SELECT plan_id, what, criteria::text, state, digest, runs, events, lines, bytes, artifacts, done_runs, done_events, done_lines,
    done_bytes, done_artifacts, sample::text, created_at, expires_at, finished_at
FROM cleanup_plans
WHERE organization_id = $1
ORDER BY created_at DESC, plan_id DESC
LIMIT $2
