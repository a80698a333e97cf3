-- The first transaction that has not begun yet. One row: xid.
SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xid
