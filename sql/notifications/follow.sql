-- Notes for those who purge how far events were looked at for notifications; while nobody is told, nobody waits for it. Receivers that would wait
-- for transactions to come, since the database was restored into another cluster, wait for the next ones.
-- $1 everything below this transaction was seen. No rows. Leans on event_cursors' primary key, and reads notifications, which are few.
WITH wakened AS (
    UPDATE notifications
    SET from_xid = pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    WHERE from_xid > pg_snapshot_xmin(pg_current_snapshot())::text::bigint
), left_alone AS (
    DELETE FROM event_cursors
    WHERE name = 'notifications' AND NOT EXISTS (SELECT FROM notifications WHERE enabled)
)
INSERT INTO event_cursors AS c (name, xid, pos, seen_to)
SELECT 'notifications', $1 - 1, 2147483647, $1
WHERE EXISTS (SELECT FROM notifications WHERE enabled)
ON CONFLICT (name) DO UPDATE SET xid = excluded.xid, pos = excluded.pos, seen_to = excluded.seen_to
