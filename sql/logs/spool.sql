-- What waits for Loki. No parameters. One row: bytes, and since when the oldest waits. Leans on run_logs_unshipped.
SELECT coalesce(sum(greatest(plain_bytes - shipped_bytes, 0)), 0)::bigint, min(unshipped_since)
FROM run_logs
WHERE unshipped_since IS NOT NULL
