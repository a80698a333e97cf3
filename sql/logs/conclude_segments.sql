-- Notes what became of pushes: see conclude_segments in migrations/V4__logs.sql. One row: how many it was noted of.
SELECT conclude_segments($1, $2, $3, $4, $5)
