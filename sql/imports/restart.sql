-- Lets another bundle of the run begin, where nothing of the earlier one is left.
-- $1 organization, $2 run id, $3 run key, $4 origin, $5 events, $6 head hash, $7 now. Leans on the primary key.
UPDATE imported_runs
SET run_key = $3, origin_id = $4, events = $5, head_hash = $6, begun_at = $7, finished_at = NULL
WHERE organization_id = $1 AND run_id = $2
