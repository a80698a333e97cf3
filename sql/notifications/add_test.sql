-- Adds a message that tests a notification, whether it is enabled or not. $1 delivery, $2 notification, $3 organization, $4 body, $5 now.
-- One row, if the notification is there: delivery_id. Leans on notifications' primary key.
INSERT INTO deliveries (delivery_id, notification_id, organization_id, run_id, status, body, state, created_at, next_attempt_at)
SELECT $1, n.notification_id, n.organization_id, NULL, 'TEST', $4, 'waiting', $5, $5
FROM notifications n
WHERE n.notification_id = $2 AND n.organization_id = $3
RETURNING delivery_id
