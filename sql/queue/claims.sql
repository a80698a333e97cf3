-- The claims that workers have, over all servers. $1 organization, $2 limit. Rows: worker, run_id, claim. Leans on
-- run_queue_claimed.
SELECT worker, run_id, claim
FROM run_queue
WHERE organization_id = $1 AND worker IS NOT NULL
ORDER BY worker, run_id
LIMIT $2
