-- The priority of a run in the queue, claimed or not.
-- $1 organization, $2 run id. At most one row: priority. Leans on run_queue's unique (organization_id, run_id).
SELECT priority FROM run_queue WHERE organization_id = $1 AND run_id = $2
