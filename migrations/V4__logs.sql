-- Shipping the lines to Loki: what waits, what went there in which piece, and which server does it.

-- An update that leaves both times as they are stays heap-only, which is every one of a busy run.
ALTER TABLE run_logs
    -- Plain bytes of all chunks ever written; chunks that are joined keep their sum.
    ADD COLUMN plain_bytes bigint NOT NULL DEFAULT 0,
    -- Plain bytes that no longer wait for Loki: acknowledged, or set aside for good.
    ADD COLUMN shipped_bytes bigint NOT NULL DEFAULT 0,
    -- About when the oldest line that waits for Loki was written; null: none waits. Kept without a Loki, too, so that one
    -- that is set later gets what there is.
    ADD COLUMN unshipped_since timestamptz,
    -- Since when chunks may be worth joining; null: nothing to join.
    ADD COLUMN loose_since timestamptz,
    -- All lines up to here lie in segments.
    ADD COLUMN cut_log_seq bigint NOT NULL DEFAULT 0,
    -- The highest time in nanoseconds that a line of the run was given in Loki.
    ADD COLUMN last_ns bigint NOT NULL DEFAULT 0;

-- Lines that only go on with the line before them, which was too long for one: their senders don't count them.
ALTER TABLE log_streams ADD COLUMN further_parts bigint NOT NULL DEFAULT 0;

UPDATE run_logs l
SET plain_bytes = c.plain, unshipped_since = now(), loose_since = now()
FROM (SELECT run_key, sum(plain_bytes) AS plain FROM log_chunks GROUP BY run_key) AS c
WHERE c.run_key = l.run_key;

CREATE INDEX run_logs_unshipped ON run_logs (unshipped_since) WHERE unshipped_since IS NOT NULL;
CREATE INDEX run_logs_loose ON run_logs (loose_since) WHERE loose_since IS NOT NULL;

-- A contiguous range of a run's lines that goes to Loki in one piece: whole chunks, so that what was read back can be
-- deleted with it. The row is there before its first push, and with the lines it decides every byte of the push, so that
-- one that is repeated is the same.
--
-- cut: to be pushed. pushed: acknowledged, the chunks are still here. settled: read back from Loki, the chunks are gone.
-- aside: Loki doesn't hold it; the chunks stay.
CREATE TABLE log_segments (
    run_key uuid NOT NULL,
    first_log_seq bigint NOT NULL CHECK (first_log_seq >= 1),
    last_log_seq bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('cut', 'pushed', 'settled', 'aside')),
    -- The set of labels its lines have in Loki, and the workflow where that is one of them.
    labels text NOT NULL CHECK (labels IN ('run', 'low')),
    workflow text,
    cut_at timestamptz NOT NULL,
    -- The lowest time its first line may have, in nanoseconds; then the times that its lines have.
    floor_ns bigint NOT NULL,
    first_ns bigint NOT NULL,
    last_ns bigint NOT NULL,
    lines integer NOT NULL,
    plain_bytes bigint NOT NULL,
    -- SHA-256 over the lines as NDJSON.
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    pushed_at timestamptz,
    -- When to read it back.
    settle_after timestamptz,
    -- How often it was pushed again because of what was read back, and whether it was given new times.
    tries integer NOT NULL DEFAULT 0,
    recut boolean NOT NULL DEFAULT false,
    -- Why it is aside.
    reason text,
    PRIMARY KEY (run_key, first_log_seq),
    CHECK (last_log_seq >= first_log_seq AND last_ns >= first_ns)
) PARTITION BY RANGE (run_key);
CREATE INDEX log_segments_cut ON log_segments (run_key) WHERE state = 'cut';
CREATE INDEX log_segments_to_settle ON log_segments (settle_after) WHERE state = 'pushed';

-- For every week that has chunks; those to come are made by the server.
DO $$
DECLARE
    week timestamptz;
BEGIN
    FOR week IN
        SELECT to_date(right(c.relname, 8), 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC'
        FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'log_chunks'::regclass
    LOOP
        PERFORM ensure_partitions('log_segments', week, week);
    END LOOP;
END $$;

-- Duties that one server of several does at a time. No transaction is open while it does.
CREATE TABLE duties (
    name text PRIMARY KEY,
    holder uuid NOT NULL,
    -- By the database's clock.
    held_until timestamptz NOT NULL
);

DROP FUNCTION append_logs;

-- Writes one flush of the log lane: a run whose version is not the expected one is not written.
CREATE FUNCTION append_logs(
    buckets integer[],
    run_key_given uuid[], run_expected bigint[], run_head bigint[], run_plain bigint[],
    stream_run integer[], stream_node text[], stream_attempt integer[], stream_name text[], stream_lines bigint[],
    stream_parts bigint[], stream_bytes bigint[], stream_digest bytea[], stream_last text[], stream_closed bigint[],
    chunk_run integer[], chunk_first bigint[], chunk_last bigint[], chunk_nodes text[], chunk_plain integer[],
    chunk_recorded_at timestamptz[], chunk_body bytea[]
) RETURNS TABLE (run_index integer, outcome text)
-- As append_events.
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    verdicts integer[];
BEGIN
    PERFORM pg_advisory_xact_lock(7413, bucket) FROM unnest(buckets) AS bucket;

    SELECT array_agg(CASE WHEN coalesce(l.version, 0) = given.expected THEN 1 ELSE 2 END ORDER BY given.place)
    INTO verdicts
    FROM unnest(run_key_given, run_expected) WITH ORDINALITY AS given (key, expected, place)
    LEFT JOIN run_logs l ON l.run_key = given.key;

    -- In the order in which the shipper locks these rows as well, which takes no bucket's lock.
    INSERT INTO run_logs AS l (run_key, head_log_seq, version, plain_bytes, unshipped_since, loose_since)
    SELECT g.key, g.head, g.expected + 1, g.plain, CASE WHEN g.plain > 0 THEN now() END,
        CASE WHEN g.plain > 0 THEN now() END
    FROM unnest(run_key_given, run_head, run_expected, run_plain) WITH ORDINALITY AS g (key, head, expected, plain, place)
    WHERE verdicts[g.place] = 1
    ORDER BY g.key
    ON CONFLICT (run_key) DO UPDATE SET head_log_seq = excluded.head_log_seq, version = excluded.version,
        plain_bytes = l.plain_bytes + excluded.plain_bytes,
        unshipped_since = coalesce(l.unshipped_since, excluded.unshipped_since),
        loose_since = coalesce(l.loose_since, excluded.loose_since);

    INSERT INTO log_streams AS s (run_key, node_ref, attempt, stream, lines, further_parts, bytes, digest_state,
        last_line, closed_at_lines)
    SELECT run_key_given[g.run], g.node, g.attempt, g.name, g.lines, g.parts, g.bytes, g.digest, g.last, g.closed
    FROM unnest(stream_run, stream_node, stream_attempt, stream_name, stream_lines, stream_parts, stream_bytes,
            stream_digest, stream_last, stream_closed)
        AS g (run, node, attempt, name, lines, parts, bytes, digest, last, closed)
    WHERE verdicts[g.run] = 1
    ON CONFLICT (run_key, node_ref, attempt, stream) DO UPDATE
        SET lines = excluded.lines, further_parts = excluded.further_parts, bytes = excluded.bytes, digest_state = excluded.digest_state,
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

-- Cuts segments off the uncut lines of runs. A run is cut only while all up to `given_after` is cut and each new segment
-- ends where a chunk ends: chunks may be joined meanwhile, by who holds the run's row while doing so. Separate statements,
-- since the second must see what was committed before the rows were had. Answers the keys of the runs that were cut.
CREATE FUNCTION cut_segments(
    run_key_given uuid[], given_after bigint[], given_last bigint[], given_last_ns bigint[],
    segment_run integer[], segment_first bigint[], segment_last bigint[], segment_state text[], segment_labels text[],
    segment_workflow text[], segment_cut_at timestamptz[], segment_floor_ns bigint[], segment_first_ns bigint[],
    segment_last_ns bigint[], segment_lines integer[], segment_plain bigint[], segment_digest bytea[],
    segment_reason text[]
) RETURNS SETOF uuid
LANGUAGE plpgsql AS $$
DECLARE
    fit integer[];
BEGIN
    PERFORM 1 FROM run_logs WHERE run_key = ANY (run_key_given) ORDER BY run_key FOR UPDATE;

    SELECT coalesce(array_agg(g.place), '{}')
    INTO fit
    FROM unnest(run_key_given, given_after) WITH ORDINALITY AS g (key, after, place)
    JOIN run_logs l ON l.run_key = g.key AND l.cut_log_seq = g.after
    WHERE NOT EXISTS (
        SELECT FROM unnest(segment_run, segment_first, segment_last) AS s (run, first, last)
        WHERE s.run = g.place
            AND NOT EXISTS (
                SELECT FROM log_chunks c
                WHERE c.run_key = g.key AND c.first_log_seq >= s.first AND c.first_log_seq <= s.last
                    AND c.last_log_seq = s.last)
    );

    INSERT INTO log_segments (run_key, first_log_seq, last_log_seq, state, labels, workflow, cut_at, floor_ns, first_ns,
        last_ns, lines, plain_bytes, digest, reason)
    SELECT run_key_given[s.run], s.first, s.last, s.state, s.labels, s.workflow, s.cut_at, s.floor_ns, s.first_ns,
        s.last_ns, s.lines, s.plain, s.digest, s.reason
    FROM unnest(segment_run, segment_first, segment_last, segment_state, segment_labels, segment_workflow,
            segment_cut_at, segment_floor_ns, segment_first_ns, segment_last_ns, segment_lines, segment_plain,
            segment_digest, segment_reason)
        AS s (run, first, last, state, labels, workflow, cut_at, floor_ns, first_ns, last_ns, lines, plain, digest,
            reason)
    WHERE s.run = ANY (fit);

    RETURN QUERY
    UPDATE run_logs l
    SET cut_log_seq = g.last, last_ns = g.last_ns,
        shipped_bytes = l.shipped_bytes + coalesce((
            SELECT sum(s.plain)
            FROM unnest(segment_run, segment_plain, segment_state) AS s (run, plain, state)
            WHERE s.run = g.place AND s.state = 'aside'), 0),
        unshipped_since = CASE WHEN l.shipped_bytes + coalesce((
            SELECT sum(s.plain)
            FROM unnest(segment_run, segment_plain, segment_state) AS s (run, plain, state)
            WHERE s.run = g.place AND s.state = 'aside'), 0) < l.plain_bytes THEN l.unshipped_since END
    FROM unnest(run_key_given, given_last, given_last_ns) WITH ORDINALITY AS g (key, last, last_ns, place)
    WHERE l.run_key = g.key AND g.place = ANY (fit)
    RETURNING l.run_key;
END $$;

-- Notes that segments are acknowledged by Loki, or with a reason that they are set aside; only those that are still as they
-- were pushed, which cut_at tells. Rows of run_logs are locked in the order in which append_logs takes them. Answers how many.
CREATE FUNCTION conclude_segments(
    segment_key uuid[], segment_first bigint[], segment_cut_at timestamptz[], segment_settle_after timestamptz[],
    segment_reason text[]
) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    concluded integer;
BEGIN
    PERFORM 1 FROM run_logs WHERE run_key = ANY (segment_key) ORDER BY run_key FOR UPDATE;

    WITH done AS (
        UPDATE log_segments s
        SET state = CASE WHEN g.reason IS NULL THEN 'pushed' ELSE 'aside' END,
            pushed_at = CASE WHEN g.reason IS NULL THEN now() ELSE s.pushed_at END,
            settle_after = g.settle_after, reason = g.reason
        FROM unnest(segment_key, segment_first, segment_cut_at, segment_settle_after, segment_reason)
            AS g (key, first, cut_at, settle_after, reason)
        WHERE s.run_key = g.key AND s.first_log_seq = g.first AND s.cut_at = g.cut_at AND s.state = 'cut'
        RETURNING s.run_key, s.plain_bytes, s.last_log_seq
    ), of_runs AS (
        UPDATE run_logs l
        SET shipped_bytes = l.shipped_bytes + d.plain,
            unshipped_since = CASE WHEN l.shipped_bytes + d.plain < l.plain_bytes THEN coalesce((
                SELECT c.recorded_at FROM log_chunks c WHERE c.run_key = l.run_key AND c.first_log_seq = d.last + 1),
                l.unshipped_since) END
        FROM (
            SELECT run_key, sum(plain_bytes) AS plain, max(last_log_seq) AS last FROM done GROUP BY run_key
        ) AS d
        WHERE l.run_key = d.run_key
    )
    SELECT count(*) INTO concluded FROM done;
    RETURN concluded;
END $$;

-- Trims segments that were read back: their chunks go. Answers how many chunks went.
CREATE FUNCTION settle_segments(segment_key uuid[], segment_first bigint[], segment_cut_at timestamptz[])
RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    trimmed bigint;
BEGIN
    WITH settled AS (
        UPDATE log_segments s
        SET state = 'settled', settle_after = NULL
        FROM unnest(segment_key, segment_first, segment_cut_at) AS g (key, first, cut_at)
        WHERE s.run_key = g.key AND s.first_log_seq = g.first AND s.cut_at = g.cut_at AND s.state = 'pushed'
        RETURNING s.run_key, s.first_log_seq, s.last_log_seq
    ), gone AS (
        DELETE FROM log_chunks c
        USING settled s
        WHERE c.run_key = s.run_key AND c.first_log_seq >= s.first_log_seq AND c.first_log_seq <= s.last_log_seq
        RETURNING 1
    )
    SELECT count(*) INTO trimmed FROM gone;
    RETURN trimmed;
END $$;
