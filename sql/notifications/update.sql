-- Changes a notification. One that is enabled again tells of what comes from now on, and what still waited is given up when it is disabled.
-- $1 notification, $2 organization, $3 URL, $4 statuses, $5 workflow or null, $6 description or null, $7 enabled, $8 now. One row, if it is
-- there: notification_id. Leans on notifications' primary key and deliveries_due.
WITH changed AS (
    UPDATE notifications
    SET url = $3, statuses = $4, workflow = $5, description = $6, enabled = $7, updated_at = $8,
        from_xid = CASE WHEN enabled THEN from_xid ELSE pg_snapshot_xmin(pg_current_snapshot())::text::bigint END,
        failing_since = CASE WHEN enabled THEN failing_since END,
        disabled_reason = CASE WHEN NOT $7 THEN disabled_reason END
    WHERE notification_id = $1 AND organization_id = $2
    RETURNING notification_id
), followed AS (
    INSERT INTO event_cursors (name, xid, pos, seen_to)
    SELECT 'notifications', 0, 0, pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    FROM changed
    WHERE $7
    ON CONFLICT (name) DO NOTHING
), given_up AS (
    UPDATE deliveries
    SET state = 'failed', next_attempt_at = NULL, error = 'the notification was disabled'
    WHERE NOT $7 AND state = 'waiting' AND notification_id = (SELECT notification_id FROM changed)
)
SELECT notification_id FROM changed
