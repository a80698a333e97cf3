-- A page of the workflows that are not deleted, newest change first, after a keyset cursor, each with its last run and how
-- many of its runs wait for a worker or have one.
-- $1 organization, $2 and $3 time and name to stay below or null, $4 text pattern for ILIKE or null, $5 limit.
-- Rows: name, latest_version, created_at, updated_at, description, node_count, run_id, status and run_key of the last run or
-- null, waiting, claimed. Leans on workflows_newest, runs_by_workflow and, for the counts, run_queue, which holds only runs
-- that are not over.
WITH page AS (
    SELECT w.name, w.latest_version, w.created_at, w.updated_at
    FROM workflows w
    WHERE w.organization_id = $1 AND w.deleted_at IS NULL
        AND ($2::timestamptz IS NULL OR (w.updated_at, w.name) < ($2, $3::text))
        AND ($4::text IS NULL OR w.name ILIKE $4)
    ORDER BY w.updated_at DESC, w.name DESC
    LIMIT $5
), queued AS (
    SELECT q.workflow, count(*) FILTER (WHERE q.worker IS NULL) AS waiting,
        count(*) FILTER (WHERE q.worker IS NOT NULL) AS claimed
    FROM run_queue q
    WHERE q.organization_id = $1 AND q.workflow IN (SELECT name FROM page)
    GROUP BY q.workflow
)
SELECT p.name, p.latest_version, p.created_at, p.updated_at, v.description, v.node_count, last.run_id, last.status,
    last.run_key, coalesce(queued.waiting, 0) AS waiting, coalesce(queued.claimed, 0) AS claimed
FROM page p
JOIN workflow_versions v ON v.organization_id = $1 AND v.workflow = p.name AND v.version = p.latest_version
LEFT JOIN queued ON queued.workflow = p.name
LEFT JOIN LATERAL (
    SELECT r.run_id, r.status, r.run_key
    FROM runs r
    WHERE r.organization_id = $1 AND r.workflow = p.name
    ORDER BY r.run_key DESC
    LIMIT 1
) AS last ON true
ORDER BY p.updated_at DESC, p.name DESC
