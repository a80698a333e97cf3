-- Takes away the artifacts of runs: see purge_artifacts in migrations/V10__isolation.sql. $1 uuid[] run keys, $2 the name of those of
-- the runs' own that stay, or null. One row: artifacts, bytes.
SELECT artifacts, bytes FROM purge_artifacts($1, $2)
