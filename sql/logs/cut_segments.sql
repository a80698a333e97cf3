-- Cuts segments: see cut_segments in migrations/V4__logs.sql. Rows: the keys of the runs that were cut.
SELECT * FROM cut_segments($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
