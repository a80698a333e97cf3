-- Takes away all lines of runs: see purge_logs in migrations/V6__history.sql. $1 uuid[] run keys. One row: lines, bytes.
SELECT lines, bytes FROM purge_logs($1)
