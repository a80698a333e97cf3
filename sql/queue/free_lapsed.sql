-- Frees the runs whose workers did not extend their leases. $1 limit. Rows: run_key, organization_id, run_id, claim, and the
-- worker that had it. Leans on run_queue_claimed, which holds only the claimed ones. A row that is locked is being
-- renewed, given back or ended just now.
WITH lapsed AS (
    SELECT q.run_key, q.worker
    FROM run_queue q
    WHERE q.worker IS NOT NULL AND q.lease_until < clock_timestamp()
    ORDER BY q.run_key
    LIMIT $1
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE run_queue q
SET worker = NULL, lease_until = NULL
FROM lapsed
WHERE q.run_key = lapsed.run_key
RETURNING q.run_key, q.organization_id, q.run_id, q.claim, lapsed.worker
