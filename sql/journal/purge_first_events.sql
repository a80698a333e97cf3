-- Takes away the first events of a run: see purge_first_events in migrations/V6__history.sql. $1 run key, $2 limit. One row: how
-- many.
SELECT purge_first_events($1, $2)
