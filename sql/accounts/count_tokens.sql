-- How many API tokens an organization has, up to a bound. $1 organization, $2 bound. One row. Leans on api_tokens_of_organization.
SELECT count(*) FROM (SELECT 1 FROM api_tokens WHERE organization_id = $1 LIMIT $2) AS counted
