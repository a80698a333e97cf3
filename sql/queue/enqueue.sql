-- Puts a run into the queue. $1 run key, $2 organization, $3 run id, $4 workflow, $5 version, $6 priority, $7 concurrency or
-- null, $8 text[] engines. No rows of use. Leans on run_queue's primary key.
INSERT INTO run_queue (run_key, organization_id, run_id, workflow, version, priority, concurrency, engines, enqueued_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp())
ON CONFLICT (run_key) DO NOTHING
