-- A receiver has taken something: it is not failing. $1 notification. No rows. Leans on notifications' primary key.
UPDATE notifications
SET failing_since = NULL
WHERE notification_id = $1 AND failing_since IS NOT NULL
