-- Takes away runs that are over: see purge_runs in migrations/V6__history.sql. $1 uuid[] run keys, $2 plan id. One row: runs,
-- events.
SELECT runs, events FROM purge_runs($1, $2)
