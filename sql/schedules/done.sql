-- A tick has started its run, or can't. $1 schedule, $2 the tick, $3 run or null, $4 why not or null. No rows. Leans on schedules' primary key.
UPDATE schedules
SET due_at = NULL, last_at = $2, last_run_id = coalesce($3, last_run_id), last_error = $4
WHERE schedule_id = $1 AND due_at = $2
