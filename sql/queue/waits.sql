-- Whether a run waits for a worker with no more than these engines.
-- $1 engines text[]. One row: bool. Leans on run_queue_waiting, of which it reads what waits until one fits.
SELECT EXISTS (SELECT FROM run_queue WHERE worker IS NULL AND engines <@ $1)
