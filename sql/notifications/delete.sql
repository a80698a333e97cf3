-- Takes a notification away, with its deliveries. $1 organization, $2 notification. One row, if it was there: notification_id. Leans on
-- notifications' primary key.
DELETE FROM notifications
WHERE notification_id = $2 AND organization_id = $1
RETURNING notification_id
