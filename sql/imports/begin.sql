-- Notes that the import of a run begins, or finds the note of an earlier try.
-- $1 organization, $2 run id, $3 run key, $4 origin, $5 events, $6 head hash, $7 now.
-- One row: run_key, origin_id, events, head_hash, is_finished. The update changes nothing; it makes the row come back.
INSERT INTO imported_runs AS i (organization_id, run_id, run_key, origin_id, events, head_hash, begun_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (organization_id, run_id) DO UPDATE SET run_id = excluded.run_id
RETURNING i.run_key, i.origin_id, i.events, i.head_hash, i.finished_at IS NOT NULL
