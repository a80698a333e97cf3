-- Schedules whose time has come, and those with a tick that was decided on and not started; of every organization.
-- $1 now, $2 limit. Rows: as in list.sql. Leans on schedules_next and schedules_decided.
SELECT schedule_id, organization_id, workflow, cron, time_zone, inputs, missed, enabled, next_at, due_at, last_at, last_run_id,
    last_error, created_at, updated_at
FROM schedules
WHERE next_at <= $1 OR due_at IS NOT NULL
ORDER BY coalesce(due_at, next_at)
LIMIT $2
