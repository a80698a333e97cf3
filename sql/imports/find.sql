-- Where an imported run was recorded. $1 organization, $2 run key.
-- At most one row: origin_id, is_finished. Leans on imported_runs' unique (run_key).
SELECT origin_id, finished_at IS NOT NULL FROM imported_runs WHERE organization_id = $1 AND run_key = $2
