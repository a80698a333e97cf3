-- Extends the leases of the claims that a worker still has. Waits for nobody: a row that can't be locked is being claimed, given
-- back or ended just now, and an append under the claim holds another lock (see run_queue's unique (run_key, claim)).
-- $1 organization, $2 worker, $3 text[] run ids, $4 int4[] claims, of one length, $5 the lease in milliseconds. Rows, for the
-- claims that are held: run_id, claim, cancel_requested. Leans on run_queue's unique (organization_id, run_id); changes no
-- indexed column.
WITH held AS (
    SELECT q.run_key
    FROM unnest($3, $4) AS given (run_id, claim)
    JOIN run_queue q ON q.organization_id = $1 AND q.run_id = given.run_id AND q.claim = given.claim
    WHERE q.worker = $2
    FOR NO KEY UPDATE OF q SKIP LOCKED
), extended AS (
    UPDATE run_queue q
    SET lease_until = clock_timestamp() + $5 * interval '1 millisecond'
    FROM held
    WHERE q.run_key = held.run_key
)
SELECT q.run_id, q.claim, q.cancel_requested_at IS NOT NULL AS cancel_requested
FROM unnest($3, $4) AS given (run_id, claim)
JOIN run_queue q ON q.organization_id = $1 AND q.run_id = given.run_id AND q.claim = given.claim
WHERE q.worker = $2
