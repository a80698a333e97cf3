-- Takes back V1__core.sql, with everything that was recorded.
DROP VIEW run_view;
DROP VIEW event_view;
DROP FUNCTION adopt_restored_events;
DROP FUNCTION append_logs;
DROP FUNCTION append_events;
DROP FUNCTION ensure_partitions;
DROP TABLE log_chunks;
DROP TABLE log_streams;
DROP TABLE run_logs;
DROP TABLE idempotency_keys;
DROP TABLE checkpoints;
DROP TABLE events;
DROP TABLE nodes;
DROP TABLE runs;
DROP TABLE installation;
DROP FUNCTION run_key_floor;
