-- Takes away an organization's policies, for others to take their place. $1 organization. No rows.
DELETE FROM retention_policies
WHERE organization_id = $1
