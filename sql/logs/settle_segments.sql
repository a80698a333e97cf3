-- Trims what was read back: see settle_segments in migrations/V4__logs.sql. One row: how many chunks went.
SELECT settle_segments($1, $2, $3)
