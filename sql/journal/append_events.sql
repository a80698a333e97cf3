-- One flush of a lane: see append_events in migrations/V1__core.sql.
-- Rows: run_index (from 1), outcome ('written' | 'moved' | 'duplicate'). Leans on runs' unique (organization_id, run_id)
-- and on events' unique (run_key, event_id).
SELECT run_index, outcome
FROM append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
    $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36)
