-- Adds a notification, as long as its organization has fewer than it may have. It tells of transactions that end from now on.
-- $1 notification, $2 organization, $3 URL, $4 statuses, $5 workflow or null, $6 description or null, $7 enabled, $8 sealed secret, $9 now,
-- $10 most. One row, if there was room: notification_id. Leans on notifications_of_organization.
WITH followed AS (
    -- What it is to be told is not purged from here on.
    INSERT INTO event_cursors (name, xid, pos, seen_to)
    VALUES ('notifications', 0, 0, pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
    ON CONFLICT (name) DO NOTHING
)
INSERT INTO notifications
    (notification_id, organization_id, url, statuses, workflow, description, enabled, sealed_secret, from_xid, created_at, updated_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, pg_snapshot_xmin(pg_current_snapshot())::text::bigint, $9, $9
WHERE (SELECT count(*) FROM notifications WHERE organization_id = $2) < $10::bigint
RETURNING notification_id
