-- Takes back V3__append.sql: append_events as V1__core.sql has it.
ALTER FUNCTION append_logs RESET plan_cache_mode;
DROP FUNCTION append_events;

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

