-- History that is counted, and let go: numbers for older clients, ended runs, statistics, plans of deletion, tombstones.

-- The numbers by which older clients know runs: given when a run is first listed to one, so that no append pays for it. They begin
-- above those that runs of AutomateOS had, which are kept, and stay within what such clients hold in 32 bits.
CREATE SEQUENCE run_number START 1000000000 MAXVALUE 2147483647;
CREATE TABLE run_numbers (
    run_key uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number >= 1),
    UNIQUE (organization_id, number)
);

-- The numbers of these runs; those that have none get one, the oldest the lowest. The id of an imported run tells the one it had.
CREATE FUNCTION number_runs(of_organization uuid, keys uuid[]) RETURNS TABLE (run_key uuid, number bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    unnumbered uuid;
    kept bigint;
BEGIN
    FOR unnumbered, kept IN
        SELECT r.run_key, substring(r.run_id FROM '^automateos-([1-9][0-9]{0,8})$')::bigint
        FROM runs r
        WHERE r.run_key = ANY (keys) AND r.organization_id = of_organization
            AND NOT EXISTS (SELECT FROM run_numbers n WHERE n.run_key = r.run_key)
        ORDER BY r.run_key
    LOOP
        INSERT INTO run_numbers (run_key, organization_id, number)
        VALUES (unnumbered, of_organization, coalesce(kept, nextval('run_number')))
        ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN QUERY
    SELECT n.run_key, n.number FROM run_numbers n WHERE n.run_key = ANY (keys) AND n.organization_id = of_organization;
END $$;

-- How far those have read who follow the events of all organizations by (xid, pos). What one of them has not seen yet is not
-- purged.
CREATE TABLE event_cursors (
    name text PRIMARY KEY,
    xid bigint NOT NULL,
    pos integer NOT NULL,
    -- Everything that transactions below this one have written was seen.
    seen_to bigint NOT NULL
);
-- Before everything: events that were restored from a dump lie below 0.
INSERT INTO event_cursors (name, xid, pos, seen_to) VALUES ('history', -9223372036854775808, 0, 0);

-- The ends of runs, in the order in which they can be read: few beside all the other events.
CREATE INDEX events_ends ON events (xid, pos)
    WHERE type IN ('RUN_COMPLETED', 'RUN_FAILED', 'RUN_CANCELLED', 'RUN_TERMINATED', 'RUN_TIMED_OUT') AND NOT late;

-- One row a run that is over: what retention and statistics ask for, apart from `runs`, whose updates would pay for the
-- indexes. Written behind the appends, by follow_run_ends.
CREATE TABLE run_ends (
    run_key uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    -- '' for none.
    workflow text NOT NULL,
    status text NOT NULL CHECK (status IN ('COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT')),
    -- As the run's terminal event tells it.
    ended_at timestamptz NOT NULL
);
CREATE INDEX run_ends_by_time ON run_ends (organization_id, ended_at, run_key);
CREATE INDEX run_ends_by_workflow ON run_ends (organization_id, workflow, ended_at, run_key);

-- Ended runs by the day of their end in UTC, their status and how long they took; '' is the sum of all workflows. It outlives
-- the runs.
CREATE TABLE run_days (
    organization_id uuid NOT NULL,
    workflow text NOT NULL,
    day date NOT NULL,
    status text NOT NULL,
    -- 0: no time at all; n: below 1.1^n milliseconds, and not below 1.1^(n-1). 300 is over 80 years.
    duration_class smallint NOT NULL CHECK (duration_class BETWEEN 0 AND 300),
    runs bigint NOT NULL CHECK (runs >= 1),
    PRIMARY KEY (organization_id, workflow, day, status, duration_class)
);

-- Takes the next run ends, at most `most`, into run_ends and run_days, each once: the cursor's row is held meanwhile. Answers
-- how many events were read, and up to which transaction all are seen.
CREATE FUNCTION follow_run_ends(most integer, OUT ends_read integer, OUT seen_to bigint)
LANGUAGE plpgsql AS $$
DECLARE
    after_xid bigint;
    after_pos integer;
    last_xid bigint;
    last_pos integer;
    keys uuid[];
    xids bigint[];
    places integer[];
BEGIN
    SELECT c.xid, c.pos INTO after_xid, after_pos FROM event_cursors c WHERE c.name = 'history' FOR UPDATE;
    -- Before the events are looked at: what is below is committed or never will be.
    seen_to := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;

    SELECT array_agg(p.run_key), array_agg(p.xid), array_agg(p.pos)
    INTO keys, xids, places
    FROM (
        SELECT e.run_key, e.xid, e.pos
        FROM events e
        WHERE (e.xid, e.pos) > (after_xid, after_pos) AND e.xid < follow_run_ends.seen_to
            AND e.type IN ('RUN_COMPLETED', 'RUN_FAILED', 'RUN_CANCELLED', 'RUN_TERMINATED', 'RUN_TIMED_OUT')
            AND NOT e.late
        ORDER BY e.xid, e.pos
        LIMIT most
    ) AS p;
    ends_read := coalesce(cardinality(keys), 0);

    IF ends_read > 0 THEN
        WITH ended AS (
            SELECT r.run_key, r.organization_id, coalesce(r.workflow, '') AS workflow, r.status,
                (r.state ->> 'completedAt')::timestamptz AS ended_at,
                coalesce(r.state ->> 'startedAt', r.state ->> 'queuedAt', r.state ->> 'completedAt')::timestamptz AS began_at
            FROM runs r
            WHERE r.run_key = ANY (keys) AND r.state ->> 'completedAt' IS NOT NULL
        ), noted AS (
            INSERT INTO run_ends (run_key, organization_id, workflow, status, ended_at)
            SELECT run_key, organization_id, workflow, status, ended_at FROM ended
            ON CONFLICT (run_key) DO NOTHING
            RETURNING run_key
        ), counted AS (
            SELECT e.organization_id, e.workflow, (e.ended_at AT TIME ZONE 'UTC')::date AS day, e.status,
                duration_class(e.ended_at - e.began_at) AS class, count(*) AS runs
            FROM noted
            JOIN ended e USING (run_key)
            GROUP BY 1, 2, 3, 4, 5
        )
        INSERT INTO run_days AS d (organization_id, workflow, day, status, duration_class, runs)
        SELECT organization_id, name, day, status, class, sum(runs)
        FROM counted
        CROSS JOIN LATERAL (SELECT '' UNION SELECT workflow WHERE workflow <> '') AS named (name)
        GROUP BY 1, 2, 3, 4, 5
        ON CONFLICT (organization_id, workflow, day, status, duration_class) DO UPDATE SET runs = d.runs + excluded.runs;
    END IF;

    IF ends_read = most THEN
        last_xid := xids[ends_read];
        last_pos := places[ends_read];
        seen_to := last_xid;
    ELSE
        last_xid := seen_to - 1;
        last_pos := 2147483647;
    END IF;
    UPDATE event_cursors c SET xid = last_xid, pos = last_pos, seen_to = follow_run_ends.seen_to
    WHERE c.name = 'history' AND (c.xid, c.pos) < (last_xid, last_pos);
END $$;

-- The class of a duration, as run_days has it.
CREATE FUNCTION duration_class(took interval) RETURNS smallint
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN extract(epoch FROM took) * 1000 < 1 THEN 0
        ELSE least(300, floor(ln(extract(epoch FROM took) * 1000) / ln(1.1)) + 1) END::smallint
$$;

-- How long things are kept, by organization and workflow; null: of all workflows that have no policy of their own.
CREATE TABLE retention_policies (
    policy_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    workflow text,
    keep_days integer CHECK (keep_days >= 1),
    keep_latest integer CHECK (keep_latest >= 1),
    keep_failed_days integer CHECK (keep_failed_days >= 1),
    UNIQUE NULLS NOT DISTINCT (organization_id, workflow),
    CHECK (num_nonnulls(keep_days, keep_latest) >= 1)
);

-- What is to be deleted: criteria, and the digest of the set of runs that fitted them when the plan was made.
--
-- planned: nothing happens. listing: the set is gone through again, since listing_since. applying: cleanup_items has the set,
-- and whoever comes goes on with it. applied, failed: over.
CREATE TABLE cleanup_plans (
    plan_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    what text NOT NULL CHECK (what IN ('runs', 'logs', 'artifacts')),
    criteria json NOT NULL,
    state text NOT NULL CHECK (state IN ('planned', 'listing', 'applying', 'applied', 'failed')),
    digest bytea NOT NULL,
    runs bigint NOT NULL,
    events bigint NOT NULL,
    lines bigint NOT NULL,
    bytes bigint NOT NULL,
    artifacts bigint NOT NULL,
    done_runs bigint NOT NULL DEFAULT 0,
    done_events bigint NOT NULL DEFAULT 0,
    done_lines bigint NOT NULL DEFAULT 0,
    done_bytes bigint NOT NULL DEFAULT 0,
    done_artifacts bigint NOT NULL DEFAULT 0,
    -- Ids of the set's first runs.
    sample json NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    listing_since timestamptz,
    -- What was committed by then must have been seen by all event_cursors before anything goes.
    apply_xid bigint,
    finished_at timestamptz
);
CREATE INDEX cleanup_plans_newest ON cleanup_plans (organization_id, created_at DESC, plan_id DESC);
CREATE INDEX cleanup_plans_applying ON cleanup_plans (created_at) WHERE state = 'applying';

-- The runs that are still to be purged.
CREATE TABLE cleanup_items (
    plan_id uuid NOT NULL,
    run_key uuid NOT NULL,
    PRIMARY KEY (plan_id, run_key)
);

-- What is left of a purged run: that it was, and what its history came to.
CREATE TABLE run_tombstones (
    organization_id uuid NOT NULL,
    run_id text NOT NULL,
    run_key uuid NOT NULL UNIQUE,
    workflow text,
    status text NOT NULL,
    head_seq bigint NOT NULL,
    head_hash bytea NOT NULL CHECK (octet_length(head_hash) = 32),
    purged_at timestamptz NOT NULL,
    plan_id uuid NOT NULL,
    PRIMARY KEY (organization_id, run_id)
);

-- How many events were purged, for those who read across runs: by 1,024 transactions, told to a cursor that passes the first
-- one that lost any.
CREATE TABLE purged_events (
    organization_id uuid NOT NULL,
    bucket bigint NOT NULL,
    first_xid bigint NOT NULL,
    events bigint NOT NULL,
    PRIMARY KEY (organization_id, bucket)
);
CREATE INDEX purged_events_in_order ON purged_events (organization_id, first_xid);

-- To be called when all events are moved down by so many transactions, since a dump of them was restored into another cluster: who
-- follows them is at the end of what was restored at most, before everything to come.
CREATE FUNCTION shift_event_cursors(moved_by bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE event_cursors
    SET pos = CASE WHEN xid - moved_by < -1 THEN pos ELSE 2147483647 END, xid = least(xid - moved_by, -1),
        seen_to = least(seen_to - moved_by, 0)
    WHERE xid > -9223372036854775808;
    WITH moved AS (
        DELETE FROM purged_events RETURNING organization_id, first_xid - moved_by AS first_xid, events
    )
    INSERT INTO purged_events (organization_id, bucket, first_xid, events)
    SELECT m.organization_id, m.first_xid >> 10, min(m.first_xid), sum(m.events) FROM moved m GROUP BY 1, 2;
END $$;

-- What lies outside of the database and is still to be removed there: an artifact's object, a run's lines in Loki.
CREATE TABLE purge_remains (
    remain_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid NOT NULL,
    run_key uuid NOT NULL,
    -- Null: the run's lines in Loki, pushed with these labels, between these times.
    artifact_id uuid,
    run_id text,
    labels text,
    workflow text,
    from_ns bigint,
    to_ns bigint,
    not_before timestamptz NOT NULL DEFAULT now(),
    CHECK (artifact_id IS NOT NULL OR num_nulls(run_id, labels, from_ns, to_ns) = 0)
);
CREATE INDEX purge_remains_due ON purge_remains (not_before);

-- Takes away all lines of runs; what lies in Loki is noted to be removed there. Rows of run_logs are locked in the order in which
-- append_logs takes them.
CREATE FUNCTION purge_logs(keys uuid[], OUT lines bigint, OUT bytes bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM 1 FROM run_logs WHERE run_key = ANY (keys) ORDER BY run_key FOR UPDATE;
    INSERT INTO purge_remains (organization_id, run_key, run_id, labels, workflow, from_ns, to_ns, not_before)
    SELECT r.organization_id, s.run_key, r.run_id, s.labels, s.workflow, min(s.first_ns), max(s.last_ns),
        -- One that is only cut may be on its way just now.
        CASE WHEN bool_or(s.state = 'cut') THEN now() + interval '1 minute' ELSE now() END
    FROM log_segments s
    JOIN runs r ON r.run_key = s.run_key
    WHERE s.run_key = ANY (keys) AND s.state <> 'aside'
    GROUP BY r.organization_id, s.run_key, r.run_id, s.labels, s.workflow;
    DELETE FROM log_segments WHERE run_key = ANY (keys);
    DELETE FROM log_chunks WHERE run_key = ANY (keys);
    DELETE FROM log_streams WHERE run_key = ANY (keys);
    WITH gone AS (
        DELETE FROM run_logs WHERE run_key = ANY (keys) RETURNING head_log_seq, plain_bytes
    )
    SELECT coalesce(sum(g.head_log_seq), 0), coalesce(sum(g.plain_bytes), 0) INTO lines, bytes FROM gone g;
END $$;

-- Takes away the artifacts of runs; their objects are noted to be removed.
CREATE FUNCTION purge_artifacts(keys uuid[], OUT artifacts bigint, OUT bytes bigint)
LANGUAGE plpgsql AS $$
BEGIN
    WITH gone AS (
        DELETE FROM artifacts a WHERE a.run_key = ANY (keys)
        RETURNING a.organization_id, a.run_key, a.artifact_id, a.bytes
    ), noted AS (
        INSERT INTO purge_remains (organization_id, run_key, artifact_id)
        SELECT g.organization_id, g.run_key, g.artifact_id FROM gone g
    )
    SELECT count(*), coalesce(sum(g.bytes), 0) INTO artifacts, bytes FROM gone g;
END $$;

-- Counts events as purged, by who deletes them.
CREATE FUNCTION note_purged_events(of_organization uuid[], of_xid bigint[], of_events bigint[]) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO purged_events AS p (organization_id, bucket, first_xid, events)
    SELECT g.organization, g.xid >> 10, min(g.xid), sum(g.events)
    FROM unnest(of_organization, of_xid, of_events) AS g (organization, xid, events)
    GROUP BY 1, 2
    ON CONFLICT (organization_id, bucket) DO UPDATE
        SET first_xid = least(p.first_xid, excluded.first_xid), events = p.events + excluded.events
$$;

-- Takes away the first events of one run, at most `most`: of a run that is too long for one transaction. Answers how many.
CREATE FUNCTION purge_first_events(key uuid, most bigint) RETURNS bigint
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    below bigint;
    organizations uuid[];
    xids bigint[];
    counts bigint[];
BEGIN
    SELECT min(seq) + most INTO below FROM events WHERE run_key = key;
    WITH deleted AS (
        DELETE FROM events WHERE run_key = key AND seq < below RETURNING organization_id, xid
    ), counted AS (
        SELECT organization_id, xid, count(*) AS events FROM deleted GROUP BY 1, 2
    )
    SELECT array_agg(organization_id), array_agg(xid), array_agg(events) INTO organizations, xids, counts FROM counted;
    PERFORM note_purged_events(organizations, xids, counts);
    RETURN (SELECT coalesce(sum(count), 0) FROM unnest(counts) AS count);
END $$;

-- Takes away the first chunks of a run's lines, at most `most`, for the same reason. Answers how many.
CREATE FUNCTION purge_first_chunks(key uuid, most bigint) RETURNS bigint
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    gone bigint;
BEGIN
    DELETE FROM log_chunks c
    USING (SELECT first_log_seq FROM log_chunks WHERE run_key = key ORDER BY first_log_seq LIMIT most) AS f
    WHERE c.run_key = key AND c.first_log_seq = f.first_log_seq;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;

-- Takes away runs that are over: events, nodes, checkpoints, and what was derived from them. A tombstone stays of each. Answers
-- how many runs and events.
CREATE FUNCTION purge_runs(keys uuid[], by_plan uuid, OUT runs bigint, OUT events bigint)
-- With the keys at hand the planner leaves out partitions that none of them is in.
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    over uuid[];
    organizations uuid[];
    xids bigint[];
    counts bigint[];
BEGIN
    -- Who appends to one of them waits here, finds no row, and then the tombstone.
    SELECT coalesce(array_agg(l.run_key), '{}')
    INTO over
    FROM (
        SELECT r.run_key FROM runs r
        WHERE r.run_key = ANY (keys) AND r.status IN ('COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT')
        ORDER BY r.run_key FOR UPDATE
    ) AS l;

    WITH deleted AS (
        DELETE FROM events e WHERE e.run_key = ANY (over) RETURNING e.organization_id, e.xid
    ), counted AS (
        SELECT d.organization_id, d.xid, count(*) AS gone FROM deleted d GROUP BY 1, 2
    )
    SELECT array_agg(c.organization_id), array_agg(c.xid), array_agg(c.gone) INTO organizations, xids, counts FROM counted c;
    PERFORM note_purged_events(organizations, xids, counts);

    DELETE FROM checkpoints WHERE run_key = ANY (over);
    DELETE FROM nodes WHERE run_key = ANY (over);
    DELETE FROM run_ends WHERE run_key = ANY (over);
    DELETE FROM run_numbers WHERE run_key = ANY (over);
    WITH gone AS (
        DELETE FROM runs r WHERE r.run_key = ANY (over)
        RETURNING r.organization_id, r.run_id, r.run_key, r.workflow, r.status, r.head_seq, r.head_hash
    ), buried AS (
        INSERT INTO run_tombstones (organization_id, run_id, run_key, workflow, status, head_seq, head_hash, purged_at,
            plan_id)
        SELECT g.organization_id, g.run_id, g.run_key, g.workflow, g.status, g.head_seq, g.head_hash, now(), by_plan
        FROM gone g
    )
    SELECT count(*), coalesce(sum(g.head_seq), 0) INTO runs, events FROM gone g;
END $$;
