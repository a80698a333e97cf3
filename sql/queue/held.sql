-- The run that is held under this claim, if it is its last one.
-- $1 organization, $2 run id, $3 claim. At most one row: run_key. Leans on run_queue's unique (organization_id, run_id).
SELECT run_key FROM run_queue WHERE organization_id = $1 AND run_id = $2 AND claim = $3
