-- Claims waiting runs for a worker: see claim_runs in migrations/V2__runner.sql.
-- $1 organization, $2 worker, $3 text[] engines it has, $4 most, $5 the lease in milliseconds. Rows, in the order of
-- their claim: run_id, claim, workflow, version, source, head_seq, cancel_requested, is_limited. Leans on run_queue_waiting and
-- run_queue_limited, and on the primary keys of runs and workflow_versions.
SELECT run_id, claim, workflow, version, source, head_seq, cancel_requested, is_limited
FROM claim_runs($1, $2, $3, $4, $5 * interval '1 millisecond')
ORDER BY place
