-- Runs with lines that wait for Loki and are not cut yet, longest waiting first. $1 keys to leave out, $2 limit. Rows: run_key, organization_id,
-- run_id, workflow, cut_log_seq, last_ns, unshipped_since, bytes that wait. Leans on run_logs_unshipped and
-- runs' primary key.
SELECT l.run_key, r.organization_id, r.run_id, r.workflow, l.cut_log_seq, l.last_ns, l.unshipped_since,
    l.plain_bytes - l.shipped_bytes
FROM run_logs l
JOIN runs r USING (run_key)
WHERE l.unshipped_since IS NOT NULL AND l.cut_log_seq < l.head_log_seq AND l.run_key <> ALL ($1)
ORDER BY l.unshipped_since
LIMIT $2
