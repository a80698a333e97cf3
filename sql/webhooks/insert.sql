-- Adds a webhook, as long as its workflow has fewer than it may have.
-- $1 webhook, $2 organization, $3 workflow, $4 description or null, $5 hash of the token, $6 sealed secret or null, $7 created at,
-- $8 most. One row, if there was room: webhook_id. Leans on webhooks_of_workflow.
INSERT INTO webhooks (webhook_id, organization_id, workflow, description, token_hash, sealed_secret, created_at)
SELECT $1, $2, $3, $4, $5, $6, $7
WHERE (SELECT count(*) FROM webhooks WHERE organization_id = $2 AND workflow = $3) < $8::bigint
RETURNING webhook_id
