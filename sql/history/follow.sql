-- Takes the next ends of runs into the history: see follow_run_ends in migrations/V6__history.sql. $1 limit. One row: ends_read,
-- seen_to.
SELECT ends_read, seen_to FROM follow_run_ends($1)
