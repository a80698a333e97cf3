-- The event core: runs and their nodes (projections), events, checkpoints, log chunks, partitions.

-- Names this installation in opaque cursors, which mean nothing to another one.
CREATE TABLE installation (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO installation DEFAULT VALUES;

-- One row a run: its head and the folded state that changes with almost every event. Only (status) of the
-- columns that change often is indexed, so that most updates stay heap-only; fillfactor leaves them room.
CREATE TABLE runs (
    run_key uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    run_id text NOT NULL,
    workflow text,
    status text NOT NULL CHECK (status IN ('QUEUED', 'RUNNING', 'AWAITING_INPUT', 'COMPLETED', 'FAILED',
        'CANCELLED', 'TERMINATED', 'TIMED_OUT', 'STALE')),
    head_seq bigint NOT NULL CHECK (head_seq >= 1),
    head_hash bytea NOT NULL CHECK (octet_length(head_hash) = 32),
    state json NOT NULL,
    trigger json,
    labels jsonb NOT NULL DEFAULT '{}',
    inputs json,
    result json,
    UNIQUE (organization_id, run_id)
) WITH (fillfactor = 70);
CREATE INDEX runs_newest ON runs (organization_id, run_key DESC);
CREATE INDEX runs_by_status ON runs (organization_id, status, run_key DESC);
CREATE INDEX runs_by_workflow ON runs (organization_id, workflow, run_key DESC);
-- The few that are not over, for whoever looks after them.
CREATE INDEX runs_active ON runs (run_key) WHERE status IN ('QUEUED', 'RUNNING', 'AWAITING_INPUT', 'STALE');

CREATE TABLE nodes (
    run_key uuid NOT NULL,
    node_ref text NOT NULL,
    -- Order of declaration or first sight, from 0.
    position integer NOT NULL,
    status text NOT NULL CHECK (status IN ('PENDING', 'RUNNING', 'RETRYING', 'AWAITING_INPUT', 'COMPLETED',
        'FAILED', 'SKIPPED', 'CANCELLED')),
    attempt integer NOT NULL CHECK (attempt >= 0),
    state json NOT NULL,
    PRIMARY KEY (run_key, node_ref)
) WITH (fillfactor = 70);

-- The log of facts. `body` is the event as it was serialised on the way in; the columns before it are what clients
-- filter by, and `verify` compares them with it. (xid, pos) orders events across runs; see docs/event-log.md.
CREATE TABLE events (
    run_key uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 1),
    event_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    xid bigint NOT NULL,
    pos integer NOT NULL,
    type text NOT NULL,
    node_ref text,
    attempt integer,
    level text NOT NULL,
    late boolean NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    hash bytea NOT NULL,
    body json NOT NULL,
    PRIMARY KEY (run_key, seq),
    UNIQUE (run_key, event_id)
) PARTITION BY RANGE (run_key);
CREATE INDEX events_across_runs ON events (organization_id, xid, pos);

-- The whole fold every 1,000 events or so, so that `atSeq` never folds more than that.
CREATE TABLE checkpoints (
    run_key uuid NOT NULL,
    seq bigint NOT NULL,
    state json NOT NULL,
    PRIMARY KEY (run_key, seq)
);

CREATE TABLE idempotency_keys (
    organization_id uuid NOT NULL,
    key text NOT NULL,
    run_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, key)
);

-- The head of a run's log, apart from `runs`, so that a flood of output never waits for an event or delays one.
CREATE TABLE run_logs (
    run_key uuid PRIMARY KEY,
    head_log_seq bigint NOT NULL CHECK (head_log_seq >= 0),
    -- Grows with every write, closes too, which move no head: what a writer's memory is compared with.
    version bigint NOT NULL
) WITH (fillfactor = 70);

-- One output stream of one attempt of a node: what is needed to go on with it and to prove it complete.
CREATE TABLE log_streams (
    run_key uuid NOT NULL,
    node_ref text NOT NULL,
    attempt integer NOT NULL CHECK (attempt >= 1),
    stream text NOT NULL CHECK (stream IN ('stdout', 'stderr')),
    -- Lines so far, which is also the last line's number.
    lines bigint NOT NULL CHECK (lines >= 0),
    bytes bigint NOT NULL CHECK (bytes >= 0),
    -- The running SHA-256 over the raw bytes, resumable.
    digest_state bytea NOT NULL,
    last_line text,
    -- Lines at the time of the last close; the stream is closed while it equals `lines`.
    closed_at_lines bigint,
    PRIMARY KEY (run_key, node_ref, attempt, stream)
) WITH (fillfactor = 70);

-- Log lines in chunks of contiguous logSeq, in order of arrival. `body` is zstd over the lines as NDJSON.
CREATE TABLE log_chunks (
    run_key uuid NOT NULL,
    first_log_seq bigint NOT NULL CHECK (first_log_seq >= 1),
    last_log_seq bigint NOT NULL,
    nodes text[] NOT NULL,
    plain_bytes integer NOT NULL,
    recorded_at timestamptz NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (run_key, first_log_seq),
    CHECK (last_log_seq >= first_log_seq)
) PARTITION BY RANGE (run_key);

-- Bodies are compressed by ourselves (chunks) or worth little time (events): lz4 where the server has it.
DO $$
BEGIN
    ALTER TABLE events ALTER COLUMN body SET COMPRESSION lz4;
    ALTER TABLE runs ALTER COLUMN inputs SET COMPRESSION lz4;
    ALTER TABLE checkpoints ALTER COLUMN state SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END $$;
ALTER TABLE log_chunks ALTER COLUMN body SET STORAGE EXTERNAL;

-- The lowest UUIDv7 whose time is `at`: a partition's bound.
CREATE FUNCTION run_key_floor(at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

-- Makes the partitions of `parent` for every week that [from_at, to_at] touches. Each is created apart and then
-- attached, under a lock timeout, since the plain form would queue every append behind one long reader.
CREATE FUNCTION ensure_partitions(parent regclass, from_at timestamptz, to_at timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    week timestamptz := date_trunc('week', from_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    partition_name text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(7412, 1);
    WHILE week <= to_at LOOP
        partition_name := format('%s_%s', parent::text, to_char(week AT TIME ZONE 'UTC', 'YYYYMMDD'));
        IF to_regclass(partition_name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS '
                'INCLUDING STORAGE INCLUDING COMPRESSION)', partition_name, parent);
            EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent,
                partition_name, run_key_floor(week), run_key_floor(week + interval '7 days'));
            made := made + 1;
        END IF;
        week := week + interval '7 days';
    END LOOP;
    RETURN made;
END $$;

-- Writes one flush of the journal: events and, with them, the projections of their runs. Each run is written whole
-- or not at all. Answers for each run, by its place in the run_* arrays (from 1): 'written', 'moved' (its
-- head is not the expected one) or 'duplicate' (one of its checked event ids is stored already).
--
-- The locks come first: before the runs are looked at, so that two servers can't both find a run's head unchanged,
-- and before anything that assigns an xid, so that within a run xids grow with seq. Separate statements, since each
-- must see what was committed before the locks were had.
CREATE FUNCTION append_events(
    buckets integer[],
    run_organization uuid[], run_name text[], run_key_given uuid[], run_expected bigint[],
    run_workflow text[], run_status text[], run_head bigint[], run_hash bytea[], run_state text[],
    run_trigger text[], run_labels text[], run_inputs text[], run_result text[],
    event_run integer[], event_seq bigint[], event_uuid uuid[], event_checked boolean[], event_type text[],
    event_node text[], event_attempt integer[], event_level text[], event_late boolean[],
    event_occurred_at timestamptz[], event_recorded_at timestamptz[], event_hash bytea[], event_body text[],
    node_run integer[], node_name text[], node_position integer[], node_status text[], node_attempt integer[],
    node_state text[],
    checkpoint_run integer[], checkpoint_seq bigint[], checkpoint_state text[]
) RETURNS TABLE (run_index integer, outcome text)
LANGUAGE plpgsql AS $$
DECLARE
    -- 0 new, 1 known and as expected, 2 moved, 3 holds a duplicate.
    verdicts integer[];
    duplicated integer[];
    this_xid bigint;
    index integer;
BEGIN
    PERFORM pg_advisory_xact_lock(7411, bucket) FROM unnest(buckets) AS bucket;

    SELECT array_agg(CASE
            WHEN r.run_key IS NULL AND given.expected = 0 THEN 0
            WHEN r.run_key = given.key AND r.head_seq = given.expected THEN 1
            ELSE 2 END ORDER BY given.place)
    INTO verdicts
    FROM unnest(run_organization, run_name, run_key_given, run_expected)
        WITH ORDINALITY AS given (organization, name, key, expected, place)
    LEFT JOIN runs r ON r.organization_id = given.organization AND r.run_id = given.name;

    IF 1 = ANY (verdicts) AND true = ANY (event_checked) THEN
        SELECT array_agg(DISTINCT given.run)
        INTO duplicated
        FROM unnest(event_run, event_uuid, event_checked) AS given (run, id, checked)
        JOIN events e ON e.run_key = run_key_given[given.run] AND e.event_id = given.id
        WHERE given.checked AND verdicts[given.run] = 1;
        IF duplicated IS NOT NULL THEN
            FOREACH index IN ARRAY duplicated LOOP
                verdicts[index] := 3;
            END LOOP;
        END IF;
    END IF;

    IF 0 = ANY (verdicts) OR 1 = ANY (verdicts) THEN
        this_xid := pg_current_xact_id()::text::bigint;

        IF 0 = ANY (verdicts) THEN
            INSERT INTO runs (run_key, organization_id, run_id, workflow, status, head_seq, head_hash, state,
                trigger, labels, inputs, result)
            SELECT g.key, g.organization, g.name, g.workflow, g.status, g.head, g.hash, g.state::json,
                g.trigger::json, coalesce(g.labels, '{}')::jsonb, g.inputs::json, g.result::json
            FROM unnest(run_organization, run_name, run_key_given, run_workflow, run_status, run_head, run_hash,
                    run_state, run_trigger, run_labels, run_inputs, run_result)
                WITH ORDINALITY AS g (organization, name, key, workflow, status, head, hash, state, trigger, labels,
                    inputs, result, place)
            WHERE verdicts[g.place] = 0;
        END IF;

        IF 1 = ANY (verdicts) THEN
            UPDATE runs r SET
                workflow = g.workflow, status = g.status, head_seq = g.head, head_hash = g.hash,
                state = g.state::json,
                trigger = coalesce(g.trigger::json, r.trigger), labels = coalesce(g.labels::jsonb, r.labels),
                inputs = coalesce(g.inputs::json, r.inputs), result = coalesce(g.result::json, r.result)
            FROM unnest(run_key_given, run_workflow, run_status, run_head, run_hash, run_state, run_trigger,
                    run_labels, run_inputs, run_result)
                WITH ORDINALITY AS g (key, workflow, status, head, hash, state, trigger, labels, inputs, result,
                    place)
            WHERE r.run_key = g.key AND verdicts[g.place] = 1;
        END IF;

        INSERT INTO events (run_key, seq, event_id, organization_id, xid, pos, type, node_ref, attempt, level, late,
            occurred_at, recorded_at, hash, body)
        SELECT run_key_given[g.run], g.seq, g.id, run_organization[g.run], this_xid, g.place, g.type, g.node,
            g.attempt, g.level, g.late, g.occurred_at, g.recorded_at, g.hash, g.body::json
        FROM unnest(event_run, event_seq, event_uuid, event_type, event_node, event_attempt, event_level,
                event_late, event_occurred_at, event_recorded_at, event_hash, event_body)
            WITH ORDINALITY AS g (run, seq, id, type, node, attempt, level, late, occurred_at, recorded_at, hash,
                body, place)
        WHERE verdicts[g.run] < 2;

        -- A statement costs more than the rows that most flushes have for these two.
        IF cardinality(node_run) > 0 THEN
            INSERT INTO nodes AS n (run_key, node_ref, position, status, attempt, state)
            SELECT run_key_given[g.run], g.name, g.node_position, g.status, g.attempt, g.state::json
            FROM unnest(node_run, node_name, node_position, node_status, node_attempt, node_state)
                AS g (run, name, node_position, status, attempt, state)
            WHERE verdicts[g.run] < 2
            ON CONFLICT (run_key, node_ref) DO UPDATE
                SET status = excluded.status, attempt = excluded.attempt, state = excluded.state;
        END IF;

        IF cardinality(checkpoint_run) > 0 THEN
            INSERT INTO checkpoints (run_key, seq, state)
            SELECT run_key_given[g.run], g.seq, g.state::json
            FROM unnest(checkpoint_run, checkpoint_seq, checkpoint_state) AS g (run, seq, state)
            WHERE verdicts[g.run] < 2;
        END IF;
    END IF;

    RETURN QUERY
    SELECT v.place::integer, (ARRAY['written', 'written', 'moved', 'duplicate'])[v.verdict + 1]
    FROM unnest(verdicts) WITH ORDINALITY AS v (verdict, place);
END $$;

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

-- To be called once after a dump was restored into another cluster, whose transaction ids have nothing to do with those that
-- the events carry: puts all restored events before everything to come, in their old order, and renames the installation, so
-- that cursors from before are refused instead of misread. Answers how many events there are.
CREATE FUNCTION adopt_restored_events() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    adopted bigint;
BEGIN
    UPDATE events e SET xid = 0, pos = ordered.place
    FROM (
        SELECT run_key, seq, row_number() OVER (PARTITION BY organization_id ORDER BY xid, pos, run_key, seq) AS place
        FROM events
    ) AS ordered
    WHERE e.run_key = ordered.run_key AND e.seq = ordered.seq;
    GET DIAGNOSTICS adopted = ROW_COUNT;
    UPDATE installation SET id = gen_random_uuid();
    RETURN adopted;
END $$;

-- Read-only views for those who query with SQL (Grafana); jsonb, so that -> and ->> are cheap to write.
CREATE VIEW event_view AS
SELECT e.organization_id, r.run_id, e.run_key, e.seq, e.event_id, e.type, e.node_ref, e.attempt, e.level, e.late,
    e.occurred_at, e.recorded_at, e.body::jsonb AS body
FROM events e
JOIN runs r USING (run_key);

CREATE VIEW run_view AS
SELECT r.organization_id, r.run_id, r.run_key, r.workflow, r.status, r.head_seq, r.labels, r.state::jsonb AS state
FROM runs r;
