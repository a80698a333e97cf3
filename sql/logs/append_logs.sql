-- One flush of a log lane: see append_logs in migrations/V4__logs.sql.
-- Rows: run_index (from 1), outcome ('written' | 'moved'). Leans on the primary keys of run_logs and log_streams.
SELECT run_index, outcome
FROM append_logs($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
    $22)
