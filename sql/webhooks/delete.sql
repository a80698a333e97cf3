-- Takes a webhook away. $1 organization, $2 workflow, $3 webhook. One row, if it was there: webhook_id. Leans on webhooks' primary key.
DELETE FROM webhooks
WHERE webhook_id = $3 AND organization_id = $1 AND workflow = $2
RETURNING webhook_id
