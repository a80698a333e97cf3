-- A receiver has not taken something. One that has taken nothing for too long, or that says it is gone, is disabled, and what waits for it
-- given up.
-- $1 notification, $2 now, $3 since when is too long, $4 whether it is gone. One row where it was disabled: notification_id. Leans on notifications'
-- primary key and deliveries_due.
WITH failing AS (
    UPDATE notifications
    SET failing_since = coalesce(failing_since, $2),
        enabled = enabled AND NOT ($4 OR coalesce(failing_since, $2) < $3),
        disabled_reason = CASE
            WHEN NOT enabled THEN disabled_reason
            WHEN $4 THEN 'the receiver said that it is gone (410)'
            WHEN coalesce(failing_since, $2) < $3 THEN 'nothing could be delivered for days'
        END
    WHERE notification_id = $1
    RETURNING notification_id, enabled
), given_up AS (
    UPDATE deliveries
    SET state = 'failed', next_attempt_at = NULL, error = coalesce(error, 'the notification was disabled')
    WHERE state = 'waiting' AND notification_id = (SELECT notification_id FROM failing WHERE NOT enabled)
)
SELECT notification_id FROM failing WHERE NOT enabled
