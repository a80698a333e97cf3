-- Takes back V4__logs.sql: append_logs as V1__core.sql and V3__append.sql have it. Lines that lie only in Loki by then are no
-- longer found.
DROP FUNCTION settle_segments;
DROP FUNCTION conclude_segments;
DROP FUNCTION cut_segments;
DROP FUNCTION append_logs;
DROP TABLE duties;
DROP TABLE log_segments;
DROP INDEX run_logs_unshipped;
DROP INDEX run_logs_loose;
ALTER TABLE run_logs
    DROP COLUMN plain_bytes,
    DROP COLUMN shipped_bytes,
    DROP COLUMN unshipped_since,
    DROP COLUMN loose_since,
    DROP COLUMN cut_log_seq,
    DROP COLUMN last_ns;
ALTER TABLE log_streams DROP COLUMN further_parts;

-- Writes one flush of the log lane; the same rules as append_events, with run_logs.version in place
-- of the head seq.
CREATE FUNCTION append_logs(
    buckets integer[],
    run_key_given uuid[], run_expected bigint[], run_head bigint[],
    stream_run integer[], stream_node text[], stream_attempt integer[], stream_name text[], stream_lines bigint[],
    stream_bytes bigint[], stream_digest bytea[], stream_last text[], stream_closed bigint[],
    chunk_run integer[], chunk_first bigint[], chunk_last bigint[], chunk_nodes text[], chunk_plain integer[],
    chunk_recorded_at timestamptz[], chunk_body bytea[]
) RETURNS TABLE (run_index integer, outcome text)
LANGUAGE plpgsql AS $$
DECLARE
    verdicts integer[];
BEGIN
    PERFORM pg_advisory_xact_lock(7413, bucket) FROM unnest(buckets) AS bucket;

    SELECT array_agg(CASE WHEN coalesce(l.version, 0) = given.expected THEN 1 ELSE 2 END ORDER BY given.place)
    INTO verdicts
    FROM unnest(run_key_given, run_expected) WITH ORDINALITY AS given (key, expected, place)
    LEFT JOIN run_logs l ON l.run_key = given.key;

    INSERT INTO run_logs AS l (run_key, head_log_seq, version)
    SELECT g.key, g.head, g.expected + 1
    FROM unnest(run_key_given, run_head, run_expected) WITH ORDINALITY AS g (key, head, expected, place)
    WHERE verdicts[g.place] = 1
    ON CONFLICT (run_key) DO UPDATE SET head_log_seq = excluded.head_log_seq, version = excluded.version;

    INSERT INTO log_streams AS s (run_key, node_ref, attempt, stream, lines, bytes, digest_state, last_line,
        closed_at_lines)
    SELECT run_key_given[g.run], g.node, g.attempt, g.name, g.lines, g.bytes, g.digest, g.last, g.closed
    FROM unnest(stream_run, stream_node, stream_attempt, stream_name, stream_lines, stream_bytes, stream_digest,
            stream_last, stream_closed)
        AS g (run, node, attempt, name, lines, bytes, digest, last, closed)
    WHERE verdicts[g.run] = 1
    ON CONFLICT (run_key, node_ref, attempt, stream) DO UPDATE
        SET lines = excluded.lines, bytes = excluded.bytes, digest_state = excluded.digest_state,
            last_line = excluded.last_line, closed_at_lines = excluded.closed_at_lines;

    -- A chunk's nodes come as one JSON array: SQL arrays of arrays must be rectangular.
    INSERT INTO log_chunks (run_key, first_log_seq, last_log_seq, nodes, plain_bytes, recorded_at, body)
    SELECT run_key_given[g.run], g.first, g.last,
        ARRAY(SELECT json_array_elements_text(g.nodes::json)), g.plain, g.recorded_at, g.body
    FROM unnest(chunk_run, chunk_first, chunk_last, chunk_nodes, chunk_plain, chunk_recorded_at, chunk_body)
        AS g (run, first, last, nodes, plain, recorded_at, body)
    WHERE verdicts[g.run] = 1;

    RETURN QUERY
    SELECT v.place::integer, (ARRAY['written', 'moved'])[v.verdict]
    FROM unnest(verdicts) WITH ORDINALITY AS v (verdict, place);
END $$;

ALTER FUNCTION append_logs SET plan_cache_mode = force_generic_plan;
