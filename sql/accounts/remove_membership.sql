-- Takes a user out of an organization, with the sessions in it and the tokens made there.
-- $1 organization, $2 user. One row: whether there was a membership. Leans on the primary key, sessions_of_user, api_tokens_of_organization.
WITH gone AS (
    DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2 RETURNING 1
), ended AS (
    DELETE FROM sessions WHERE user_id = $2 AND organization_id = $1
), revoked AS (
    DELETE FROM api_tokens WHERE organization_id = $1 AND created_by = $2
), unlinked AS (
    DELETE FROM sign_in_links WHERE user_id = $2 AND organization_id = $1
)
SELECT EXISTS (SELECT 1 FROM gone)
