-- Gives claims back before their lease ends; the claim's number stays, so that the next one is another.
-- $1 organization, $2 worker, $3 text[] run ids, $4 int4[] claims, of one length. Rows, for the claims that were held:
-- run_id, claim. Leans on run_queue's unique (organization_id, run_id).
WITH held AS (
    SELECT q.run_key
    FROM unnest($3, $4) AS given (run_id, claim)
    JOIN run_queue q ON q.organization_id = $1 AND q.run_id = given.run_id AND q.claim = given.claim
    WHERE q.worker = $2
    ORDER BY q.run_key
    FOR NO KEY UPDATE OF q
)
UPDATE run_queue q
SET worker = NULL, lease_until = NULL
FROM held
WHERE q.run_key = held.run_key
RETURNING q.run_id, q.claim
