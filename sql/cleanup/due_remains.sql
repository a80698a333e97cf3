-- What lies outside of the database and is to be removed there now; not tried again before $2 milliseconds are over. $1 limit.
-- Rows: remain_id, organization_id, run_key, artifact_id, run_id, labels, workflow, from_ns, to_ns. Leans on purge_remains_due.
UPDATE purge_remains r
SET not_before = clock_timestamp() + $2 * interval '1 millisecond'
FROM (
    SELECT remain_id FROM purge_remains
    WHERE not_before <= clock_timestamp()
    ORDER BY not_before
    LIMIT $1
    FOR UPDATE SKIP LOCKED
) AS due
WHERE r.remain_id = due.remain_id
RETURNING r.remain_id, r.organization_id, r.run_key, r.artifact_id, r.run_id, r.labels, r.workflow, r.from_ns, r.to_ns
