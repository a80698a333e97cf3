-- Takes away the artifacts of runs: see purge_artifacts in migrations/V6__history.sql. $1 uuid[] run keys. One row: artifacts,
-- bytes.
SELECT artifacts, bytes FROM purge_artifacts($1)
