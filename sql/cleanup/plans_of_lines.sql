-- The plans that took lines away and left the runs, newest first, beside a run that may be one of theirs: none that was made before the run was there.
-- $1 organization, $2 run key, $3 when the run was registered. Rows: run_id, workflow, status, ended_at, criteria, created_at, done_at.
-- Leans on runs' primary key and cleanup_plans_newest.
SELECT r.run_id, r.workflow, r.status, (r.state ->> 'completedAt')::timestamptz, p.criteria::text, p.created_at,
    coalesce(p.finished_at, p.created_at)
FROM runs r
JOIN cleanup_plans p ON p.organization_id = r.organization_id
WHERE r.organization_id = $1 AND r.run_key = $2 AND p.what NOT IN ('runs', 'artifacts') AND p.state IN ('applying', 'applied')
    AND p.created_at >= $3 AND r.state ->> 'completedAt' IS NOT NULL
ORDER BY p.created_at DESC
