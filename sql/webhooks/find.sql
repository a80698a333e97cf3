-- The webhook that a token opens. $1 hash of the token. At most one row: webhook_id, organization_id, workflow, sealed_secret. Leans on
-- webhooks' unique token_hash.
SELECT webhook_id, organization_id, workflow, sealed_secret
FROM webhooks
WHERE token_hash = $1
