-- Takes a run that is over out of the queue. $1 run key. No rows. Leans on run_queue's primary key.
DELETE FROM run_queue
WHERE run_key = $1
