-- Notes that a run is imported whole. $1 organization, $2 run id, $3 now. Leans on the primary key.
UPDATE imported_runs SET finished_at = coalesce(finished_at, $3) WHERE organization_id = $1 AND run_id = $2
