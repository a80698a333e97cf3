-- The policies of an organization, the general one first. $1 organization. Rows: policy_id, workflow, keep_days, keep_latest,
-- keep_failed_days, keep_results_days. Leans on retention_policies' unique (organization_id, workflow).
SELECT policy_id, workflow, keep_days, keep_latest, keep_failed_days, keep_results_days
FROM retention_policies
WHERE organization_id = $1
ORDER BY workflow NULLS FIRST
