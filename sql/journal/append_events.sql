-- One flush of a lane: see append_events in migrations/V3__append.sql.
-- Rows: one, with written and fenced, both integer[] of places in the run arrays (from 1). Leans on runs' primary key and
-- unique (organization_id, run_id), and on events' unique (run_key, event_id), which refuses repeated events (23505).
SELECT written, fenced
FROM append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
    $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44)
