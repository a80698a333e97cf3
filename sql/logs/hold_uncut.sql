-- Keeps others from cutting a run while some of its chunks are joined, to the end of the transaction. $1 run key, $2 first logSeq,
-- $3 last logSeq. Rows: one, unless a segment's border has come to lie within. A segment cut while this waited for the row is not seen:
-- then there is no row either, and no join. Leans on the primary keys of run_logs and log_segments.
SELECT 1
FROM run_logs l
WHERE l.run_key = $1
    AND (l.cut_log_seq < $2 OR EXISTS (
        SELECT FROM log_segments s
        WHERE s.run_key = $1 AND s.first_log_seq <= $2 AND s.last_log_seq >= $3))
FOR UPDATE OF l
