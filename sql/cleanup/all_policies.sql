-- The policies of all organizations. Rows: organization_id, policy_id, workflow, keep_days, keep_latest, keep_failed_days,
-- keep_results_days.
SELECT organization_id, policy_id, workflow, keep_days, keep_latest, keep_failed_days, keep_results_days
FROM retention_policies
ORDER BY organization_id, workflow NULLS FIRST
