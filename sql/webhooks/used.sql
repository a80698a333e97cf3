-- Notes a webhook's use. $1 webhook, $2 time, $3 run. No rows. Leans on webhooks' primary key.
UPDATE webhooks
SET last_used_at = $2, last_run_id = $3
WHERE webhook_id = $1 AND (last_used_at IS NULL OR last_used_at < $2)
