-- Takes a schedule away. $1 organization, $2 schedule. One row, if it was there: schedule_id. Leans on schedules' primary key.
DELETE FROM schedules
WHERE schedule_id = $2 AND organization_id = $1
RETURNING schedule_id
