-- A workflow's webhooks, oldest first; their number is bounded where they are made.
-- $1 organization, $2 workflow. Rows: webhook_id, description, is_signed, created_at, last_used_at, last_run_id. Leans on
-- webhooks_of_workflow; ids are UUIDv7.
SELECT webhook_id, description, sealed_secret IS NOT NULL, created_at, last_used_at, last_run_id
FROM webhooks
WHERE organization_id = $1 AND workflow = $2
ORDER BY webhook_id
