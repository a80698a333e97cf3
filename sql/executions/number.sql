-- The numbers of runs for older clients, given where there is none yet: see number_runs in migrations/V6__history.sql.
-- $1 organization, $2 uuid[] run keys. Rows: run_key, number.
SELECT run_key, number FROM number_runs($1, $2)
