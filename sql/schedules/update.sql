-- Changes a schedule. A tick that was decided on and not started yet is dropped with the plan it came from.
-- $1 schedule, $2 organization, $3 workflow, $4 cron, $5 time zone, $6 inputs as text or null, $7 missed, $8 enabled, $9 next at or null,
-- $10 now. One row, if it is there: schedule_id. Leans on schedules' primary key.
UPDATE schedules
SET workflow = $3, cron = $4, time_zone = $5, inputs = $6, missed = $7, enabled = $8, next_at = $9, due_at = NULL, updated_at = $10
WHERE schedule_id = $1 AND organization_id = $2
RETURNING schedule_id
