-- Forgets old deliveries that are over, some at a time. $1 older than this, $2 limit. Rows: delivery_id. Leans on deliveries_over.
DELETE FROM deliveries
WHERE delivery_id IN (
    SELECT delivery_id
    FROM deliveries
    WHERE state <> 'waiting' AND created_at < $1
    ORDER BY created_at
    LIMIT $2
)
RETURNING delivery_id
