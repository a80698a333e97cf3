-- Asks for a queued run's end. A run that nobody has and that never started is claimed by the asker itself, who then ends it
-- under this claim; should it not come to that, the lease lapses and the next worker learns of the request.
-- $1 run key, $2 the asker's name as a worker, $3 the lease in milliseconds. At most one row: claim, is_ours, worker. Leans on
-- the primary keys of run_queue and runs.
UPDATE run_queue q
SET cancel_requested_at = coalesce(q.cancel_requested_at, clock_timestamp()),
    claim = q.claim + CASE WHEN q.worker IS NULL AND r.state ->> 'startedAt' IS NULL THEN 1 ELSE 0 END,
    worker = coalesce(q.worker, CASE WHEN r.state ->> 'startedAt' IS NULL THEN $2 END),
    lease_until = coalesce(q.lease_until,
        CASE WHEN r.state ->> 'startedAt' IS NULL THEN clock_timestamp() + $3 * interval '1 millisecond' END)
FROM runs r
WHERE q.run_key = $1 AND r.run_key = q.run_key
RETURNING q.claim, q.worker IS NOT DISTINCT FROM $2 AS is_ours, q.worker
