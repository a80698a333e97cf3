-- The number of a queued run's last claim. $1 organization, $2 run id. At most one row: claim. Leans on run_queue's unique
-- (organization_id, run_id).
SELECT claim
FROM run_queue
WHERE organization_id = $1 AND run_id = $2
