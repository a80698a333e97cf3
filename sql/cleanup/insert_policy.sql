-- Notes a policy. $1 policy id, $2 organization, $3 workflow or null, $4 keep_days, $5 keep_latest, $6 keep_failed_days,
-- $7 keep_results_days. No rows.
INSERT INTO retention_policies (policy_id, organization_id, workflow, keep_days, keep_latest, keep_failed_days, keep_results_days)
VALUES ($1, $2, $3, $4, $5, $6, $7)
