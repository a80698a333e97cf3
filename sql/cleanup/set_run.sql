-- One run as a member of a plan's set. $1 organization, $2 run id, $3 the name of those of its own artifacts that don't count, or
-- null.
-- At most one row: run_key, ended_at, run_id, head_seq, lines, log_bytes, artifacts, artifact_bytes, status. Leans on runs' unique
-- (organization_id, run_id).
SELECT r.run_key, coalesce((r.state ->> 'completedAt')::timestamptz, now()) AS ended_at, r.run_id, r.head_seq,
    coalesce(l.head_log_seq, 0) AS lines, coalesce(l.plain_bytes, 0) AS log_bytes, a.artifacts, a.bytes AS artifact_bytes,
    r.status
FROM runs r
LEFT JOIN run_logs l ON l.run_key = r.run_key
CROSS JOIN LATERAL (
    SELECT count(*) AS artifacts, coalesce(sum(f.bytes), 0)::bigint AS bytes
    FROM artifacts f
    WHERE f.run_key = r.run_key AND ($3::text IS NULL OR f.node_ref IS NOT NULL OR f.name <> $3)
) AS a
WHERE r.organization_id = $1 AND r.run_id = $2
