-- Takes away the first chunks of a run's lines: see purge_first_chunks in migrations/V6__history.sql. $1 run key, $2 limit. One
-- row: how many.
SELECT purge_first_chunks($1, $2)
