-- An organization's notifications, oldest first; their number is bounded where they are made.
-- $1 organization, $2 notification or null. Rows: notification_id, url, statuses, workflow, description, enabled, failing_since,
-- disabled_reason, created_at, updated_at. Leans on notifications_of_organization.
SELECT notification_id, url, statuses, workflow, description, enabled, failing_since, disabled_reason, created_at, updated_at
FROM notifications
WHERE organization_id = $1 AND ($2::uuid IS NULL OR notification_id = $2)
ORDER BY notification_id
