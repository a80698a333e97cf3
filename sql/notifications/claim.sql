-- Takes deliveries whose time has come, a few of each receiver, and none of receivers that are being spoken to. Should the taker die, they are
-- taken again when their time has come once more.
-- $1 now, $2 uuid[] notifications to leave alone, $3 how many of each, $4 how many in all, $5 when they may be taken again. Rows: delivery_id,
-- notification_id, organization_id, body, attempts, url, sealed_secret. Leans on deliveries_due, once for each notification.
WITH chosen AS (
    SELECT d.delivery_id, n.url, n.sealed_secret
    FROM notifications n
    CROSS JOIN LATERAL (
        SELECT delivery_id
        FROM deliveries
        WHERE notification_id = n.notification_id AND state = 'waiting' AND next_attempt_at <= $1
            AND (n.enabled OR status = 'TEST')
        ORDER BY next_attempt_at
        LIMIT $3
        FOR UPDATE SKIP LOCKED
    ) d
    WHERE n.notification_id <> ALL ($2)
    LIMIT $4
)
UPDATE deliveries d
SET attempts = d.attempts + 1, last_attempt_at = $1, next_attempt_at = $5
FROM chosen c
WHERE d.delivery_id = c.delivery_id
RETURNING d.delivery_id, d.notification_id, d.organization_id, d.body, d.attempts, c.url, c.sealed_secret
