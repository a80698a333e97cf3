-- Notes what became of one try, unless another has begun since.
-- $1 delivery, $2 the try, $3 state, $4 next try at or null, $5 status of the answer or null, $6 error or null. One row, if it was written:
-- notification_id. Leans on deliveries' primary key.
UPDATE deliveries
SET state = $3, next_attempt_at = $4, response_status = $5, error = $6
WHERE delivery_id = $1 AND attempts = $2 AND state = 'waiting'
RETURNING notification_id
