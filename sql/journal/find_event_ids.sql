-- Which of the given events are stored already, and where.
-- $1 uuid[] run keys, $2 uuid[] event ids, of one length. Rows: event_id, run_key, seq, late. Leans on events' unique
-- (run_key, event_id).
SELECT e.event_id, e.run_key, e.seq
FROM unnest($1, $2) AS given (run_key, event_id)
JOIN events e ON e.run_key = given.run_key AND e.event_id = given.event_id
