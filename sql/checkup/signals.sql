-- What a running server tells of the database in its metrics.
-- $1: a run that has been in the queue since before this time, and that nobody has, is stuck. One row: usage of the
-- notification queue (of 1), stale runs, runs stuck in the queue, seconds until the partitions of the table that has the fewest
-- end (0 where there are none). Leans on runs_active, run_queue, which holds only runs that are not over, and the catalogue.
SELECT pg_notification_queue_usage(),
    (SELECT count(*) FROM runs WHERE status = 'STALE'),
    (SELECT count(*) FROM run_queue WHERE worker IS NULL AND enqueued_at < $1),
    coalesce((
        SELECT extract(epoch FROM min(ends.at) - now())::float8
        FROM (
            SELECT max(to_date(right(c.relname, 8), 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC') + interval '7 days' AS at
            FROM pg_inherits i
            JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent IN ('events'::regclass, 'log_chunks'::regclass, 'log_segments'::regclass)
                AND c.relname ~ '_[0-9]{8}$'
            GROUP BY i.inhparent
        ) AS ends
    ), 0)
