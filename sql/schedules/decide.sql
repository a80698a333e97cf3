-- Decides on a tick, or on none, and moves on; whoever is second finds another next time.
-- $1 schedule, $2 next at as it was read, $3 the tick or null, $4 next at from now on or null. One row, if it was the first: schedule_id.
-- Leans on schedules' primary key.
UPDATE schedules
SET due_at = $3, next_at = $4
WHERE schedule_id = $1 AND next_at = $2 AND due_at IS NULL
RETURNING schedule_id
