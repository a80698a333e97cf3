-- Deletes the chunks that lie within a range of lines, in order to put one in their place. $1 run key, $2 first logSeq, $3 last logSeq.
-- Rows: one for each deleted. Leans on log_chunks' primary key.
DELETE FROM log_chunks
WHERE run_key = $1 AND first_log_seq >= $2 AND last_log_seq <= $3
RETURNING 1
