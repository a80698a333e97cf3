-- Runs that go on without a sign of life: no event and no log line since $1. $2 the same for runs that a worker has lost or
-- given back and none has now; $3 limit.
-- Rows: organization_id, run_id. Leans on runs_active and the primary keys of run_queue and log_chunks. A run that waits for a
-- person's input is silent by right, as are one that waits for its first worker and one whose worker has a lease.
SELECT r.organization_id, r.run_id
FROM runs r
LEFT JOIN run_queue q ON q.run_key = r.run_key
WHERE r.status IN ('QUEUED', 'RUNNING')
    AND CASE
        WHEN q.run_key IS NULL THEN (r.state ->> 'updatedAt')::timestamptz < $1
            AND NOT EXISTS (
                SELECT FROM run_logs h
                JOIN log_chunks c ON c.run_key = h.run_key AND c.last_log_seq = h.head_log_seq
                WHERE h.run_key = r.run_key AND c.recorded_at >= $1
            )
        ELSE q.worker IS NULL AND q.claim > 0 AND (r.state ->> 'updatedAt')::timestamptz < $2
    END
LIMIT $3
