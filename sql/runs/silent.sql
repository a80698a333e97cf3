-- Runs that go on without a sign of life: no event and no log line since $1. $2 limit.
-- Rows: organization_id, run_id. Leans on runs_active and log_chunks' primary key. A run that waits for a person's input is silent
-- by right.
SELECT r.organization_id, r.run_id
FROM runs r
WHERE r.status IN ('QUEUED', 'RUNNING')
    AND (r.state ->> 'updatedAt')::timestamptz < $1
    AND NOT EXISTS (
        SELECT FROM run_logs h
        JOIN log_chunks c ON c.run_key = h.run_key AND c.last_log_seq = h.head_log_seq
        WHERE h.run_key = r.run_key AND c.recorded_at >= $1
    )
LIMIT $2
