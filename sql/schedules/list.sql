-- An organization's schedules, oldest first; their number is bounded where they are made.
-- $1 organization, $2 schedule or null, $3 workflow or null. Rows: schedule_id, organization_id, workflow, cron, time_zone, inputs,
-- missed, enabled, next_at, due_at, last_at, last_run_id, last_error, created_at, updated_at. Leans on schedules_of_organization.
SELECT schedule_id, organization_id, workflow, cron, time_zone, inputs, missed, enabled, next_at, due_at, last_at, last_run_id,
    last_error, created_at, updated_at
FROM schedules
WHERE organization_id = $1 AND ($2::uuid IS NULL OR schedule_id = $2) AND ($3::text IS NULL OR workflow = $3)
ORDER BY schedule_id
