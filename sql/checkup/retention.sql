-- How far retention is behind: by how many seconds the oldest run that a policy by age no longer keeps has outlived it. No parameters.
-- One row: seconds, 0 where nothing is overdue. Policies that keep the latest runs whatever their age are left out, and where
-- failed runs are kept longer only those that completed count. Leans on run_ends_by_time, and run_ends_by_workflow.
SELECT coalesce(max(greatest(extract(epoch FROM now() - oldest.ended_at)::float8 - p.keep_days * 86400.0, 0)), 0)::float8
FROM retention_policies p
CROSS JOIN LATERAL (
    SELECT e.ended_at
    FROM run_ends e
    WHERE e.organization_id = p.organization_id
        AND (e.workflow = p.workflow OR p.workflow IS NULL AND NOT EXISTS (
            SELECT FROM retention_policies own
            WHERE own.organization_id = p.organization_id AND own.workflow = e.workflow))
        AND (p.keep_failed_days IS NULL OR e.status = 'COMPLETED')
    ORDER BY e.ended_at
    LIMIT 1
) AS oldest
WHERE p.keep_days IS NOT NULL AND p.keep_latest IS NULL
