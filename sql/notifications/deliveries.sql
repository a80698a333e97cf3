-- A page of a notification's deliveries, newest first.
-- $1 organization, $2 notification, $3 time and $4 delivery to stay behind or null, $5 limit. Rows: delivery_id, run_id, status, attempts, state,
-- response_status, error, created_at, last_attempt_at, next_attempt_at. Leans on deliveries_newest.
SELECT delivery_id, run_id, status, attempts, state, response_status, error, created_at, last_attempt_at, next_attempt_at
FROM deliveries
WHERE notification_id = $2 AND organization_id = $1
    AND ($3::timestamptz IS NULL OR (created_at, delivery_id) < ($3, $4::uuid))
ORDER BY created_at DESC, delivery_id DESC
LIMIT $5
