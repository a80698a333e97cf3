-- A page of the runs that are over and fit a plan's criteria, in the order of their ends.
-- $1 organization, $2 ended before or null, $3 failed ones ended before or null ($2 then), $4 status[] or null, $5 workflow or null,
-- $6 workflows left out or null, $7 how many of each workflow's newest stay or null, $8 what, $9 and $10 the last end and key of
-- the page before, $11 limit, $12 the name of those of the runs' own artifacts that don't count, or null.
-- Rows: run_key, ended_at, run_id, head_seq, lines, log_bytes, artifacts, artifact_bytes.
-- Leans on run_ends_by_time or run_ends_by_workflow.
WITH newest AS MATERIALIZED (
    SELECT w.workflow, t.ended_at, t.run_key
    FROM (SELECT DISTINCT workflow FROM run_days WHERE organization_id = $1 AND $7::bigint IS NOT NULL) AS w
    CROSS JOIN LATERAL (
        SELECT n.ended_at, n.run_key
        FROM run_ends n
        WHERE n.organization_id = $1 AND n.workflow = w.workflow
        ORDER BY n.ended_at DESC, n.run_key DESC
        OFFSET $7 LIMIT 1
    ) AS t
)
SELECT e.run_key, e.ended_at, r.run_id, r.head_seq, coalesce(l.head_log_seq, 0) AS lines,
    coalesce(l.plain_bytes, 0) AS log_bytes, a.artifacts, a.bytes AS artifact_bytes
FROM run_ends e
JOIN runs r ON r.run_key = e.run_key
LEFT JOIN run_logs l ON l.run_key = e.run_key
CROSS JOIN LATERAL (
    SELECT count(*) AS artifacts, coalesce(sum(f.bytes), 0)::bigint AS bytes
    FROM artifacts f
    WHERE f.run_key = e.run_key AND ($12::text IS NULL OR f.node_ref IS NOT NULL OR f.name <> $12)
) AS a
WHERE e.organization_id = $1
    AND (e.ended_at, e.run_key) > ($9::timestamptz, $10::uuid)
    AND ($2::timestamptz IS NULL OR e.ended_at < $2)
    AND ($3::timestamptz IS NULL OR e.ended_at < $3 OR e.status NOT IN ('FAILED', 'TERMINATED', 'TIMED_OUT'))
    AND ($4::text[] IS NULL OR e.status = ANY ($4))
    AND ($5::text IS NULL OR e.workflow = $5)
    AND ($6::text[] IS NULL OR e.workflow <> ALL ($6))
    AND ($7::bigint IS NULL OR EXISTS (
        SELECT FROM newest n WHERE n.workflow = e.workflow AND (e.ended_at, e.run_key) <= (n.ended_at, n.run_key)))
    AND CASE $8::text
        WHEN 'results' THEN l.head_log_seq > 0 OR a.artifacts > 0
        WHEN 'logs' THEN l.head_log_seq > 0
        WHEN 'artifacts' THEN a.artifacts > 0
        ELSE true END
ORDER BY e.ended_at, e.run_key
LIMIT $11
