-- Puts a joined chunk in. $1 run key, $2 first logSeq, $3 last logSeq, $4 nodes, $5 plain bytes, $6 recorded at, $7 body. No rows.
INSERT INTO log_chunks (run_key, first_log_seq, last_log_seq, nodes, plain_bytes, recorded_at, body)
VALUES ($1, $2, $3, $4, $5, $6, $7)
