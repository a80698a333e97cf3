-- What the server is and how it keeps its word; no table is read.
-- No parameters. One row: version number, version, fsync, full_page_writes, synchronous_commit, whether it is a
-- standby, connections allowed, and the server's clock.
SELECT current_setting('server_version_num')::int4,
       current_setting('server_version'),
       current_setting('fsync'),
       current_setting('full_page_writes'),
       current_setting('synchronous_commit'),
       pg_is_in_recovery(),
       current_setting('max_connections')::int4,
       clock_timestamp()
