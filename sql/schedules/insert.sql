-- Adds a schedule, as long as its organization has fewer than it may have.
-- $1 schedule, $2 organization, $3 workflow, $4 cron, $5 time zone, $6 inputs as text or null, $7 missed, $8 enabled, $9 next at or null,
-- $10 now, $11 most. One row, if there was room: schedule_id. Leans on schedules_of_organization.
INSERT INTO schedules
    (schedule_id, organization_id, workflow, cron, time_zone, inputs, missed, enabled, next_at, created_at, updated_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10
WHERE (SELECT count(*) FROM schedules WHERE organization_id = $2) < $11::bigint
RETURNING schedule_id
