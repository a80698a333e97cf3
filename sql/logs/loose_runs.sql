-- Runs whose chunks may be worth joining, longest waiting first, and lines whose run is not there any more: they were appended in the
-- instant in which it was purged. Milliseconds: $1 since it became loose, for a run that is over;
-- $2 since the last chunk, for one that goes on; $3 since it became loose, whatever it does. $4 limit.
-- Rows: run_key, head_log_seq, is_purged. Leans on run_logs_loose and on log_chunks' primary key.
SELECT l.run_key, l.head_log_seq, r.run_key IS NULL
FROM run_logs l
LEFT JOIN runs r USING (run_key)
WHERE l.loose_since IS NOT NULL AND l.loose_since < now() - $1 * interval '1 millisecond'
    AND (l.loose_since < now() - $3 * interval '1 millisecond'
        OR r.run_key IS NULL
        OR r.status IN ('COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT')
        OR (SELECT c.recorded_at FROM log_chunks c WHERE c.run_key = l.run_key ORDER BY c.first_log_seq DESC LIMIT 1)
            < now() - $2 * interval '1 millisecond')
ORDER BY l.loose_since
LIMIT $4
