-- The journal writes a flush with fewer statements, and with it the queue; a claim fences what is written under it.

DROP FUNCTION append_events;

-- Writes one flush of the journal: events and, with them, the projections of their runs and the queue. Each run is
-- written whole or not at all. Answers with the runs that were written, by their place in the run_* arrays (from 1), and
-- with those that were not because their claim is over; any other was not written because its head is not the expected one.
--
-- The locks come first: before the runs are looked at, so that two servers can't both find a run's head unchanged,
-- and before anything that assigns an xid, so that within a run xids grow with seq. Separate statements, since each
-- must see what was committed before the locks were had.
--
-- An event id that is stored already fails the whole flush on events' unique index (23505): looking each one up beforehand
-- cost a fifth of the flush, and it is rare. The caller then finds the repeated ones and plans again.
CREATE FUNCTION append_events(
    buckets integer[],
    run_organization uuid[], run_name text[], run_key_given uuid[], run_expected bigint[],
    run_workflow text[], run_status text[], run_head bigint[], run_hash bytea[], run_state text[],
    run_trigger text[], run_labels text[], run_inputs text[], run_result text[],
    -- The claim under which the run is written to; null: by whoever.
    run_claim integer[],
    -- Whether this ends a run that is in the queue.
    run_leaves_queue boolean[],
    event_run integer[], event_seq bigint[], event_uuid uuid[], event_type text[],
    event_node text[], event_attempt integer[], event_level text[], event_late boolean[],
    event_occurred_at timestamptz[], event_recorded_at timestamptz[], event_hash bytea[], event_body text[],
    node_run integer[], node_name text[], node_position integer[], node_is_new boolean[], node_status text[],
    node_attempt integer[], node_state text[],
    checkpoint_run integer[], checkpoint_seq bigint[], checkpoint_state text[],
    queue_run integer[], queue_workflow text[], queue_version integer[], queue_priority integer[],
    queue_concurrency integer[], queue_engines text[],
    OUT written integer[], OUT fenced integer[]
)
-- For small arrays the planner takes a plan of its own each time for the better choice, which costs more than the flush itself.
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    created integer[];
    this_xid bigint;
BEGIN
    written := '{}';
    fenced := '{}';
    PERFORM pg_advisory_xact_lock(7411, bucket) FROM unnest(buckets) AS bucket;

    -- The lock of the row's key, which the claim is a part of, holds off the next claim until this is committed, and no
    -- heartbeat.
    IF cardinality(array_remove(run_claim, NULL)) > 0 THEN
        SELECT coalesce(array_agg(given.place), '{}')
        INTO fenced
        FROM unnest(run_key_given, run_claim) WITH ORDINALITY AS given (key, claim, place)
        LEFT JOIN LATERAL (
            SELECT q.claim FROM run_queue q WHERE q.run_key = given.key FOR KEY SHARE
        ) AS held ON true
        WHERE given.claim IS NOT NULL AND held.claim IS DISTINCT FROM given.claim;
    END IF;

    IF 0 < ANY (run_expected) THEN
        WITH moved AS (
            UPDATE runs r SET
                workflow = g.workflow, status = g.status, head_seq = g.head, head_hash = g.hash,
                state = g.state::json,
                trigger = coalesce(g.trigger::json, r.trigger), labels = coalesce(g.labels::jsonb, r.labels),
                inputs = coalesce(g.inputs::json, r.inputs), result = coalesce(g.result::json, r.result)
            FROM unnest(run_key_given, run_expected, run_workflow, run_status, run_head, run_hash, run_state,
                    run_trigger, run_labels, run_inputs, run_result)
                WITH ORDINALITY AS g (key, expected, workflow, status, head, hash, state, trigger, labels, inputs,
                    result, place)
            WHERE r.run_key = g.key AND r.head_seq = g.expected AND g.place <> ALL (fenced)
            RETURNING g.place
        )
        SELECT coalesce(array_agg(place), '{}') INTO written FROM moved;
    END IF;

    IF 0 = ANY (run_expected) THEN
        WITH made AS (
            INSERT INTO runs (run_key, organization_id, run_id, workflow, status, head_seq, head_hash, state,
                trigger, labels, inputs, result)
            SELECT g.key, g.organization, g.name, g.workflow, g.status, g.head, g.hash, g.state::json,
                g.trigger::json, coalesce(g.labels, '{}')::jsonb, g.inputs::json, g.result::json
            FROM unnest(run_organization, run_name, run_key_given, run_expected, run_workflow, run_status, run_head,
                    run_hash, run_state, run_trigger, run_labels, run_inputs, run_result)
                WITH ORDINALITY AS g (organization, name, key, expected, workflow, status, head, hash, state,
                    trigger, labels, inputs, result, place)
            WHERE g.expected = 0 AND g.place <> ALL (fenced)
            ON CONFLICT (organization_id, run_id) DO NOTHING
            RETURNING run_key
        )
        SELECT coalesce(array_agg(array_position(run_key_given, run_key)), '{}') INTO created FROM made;
        written := written || created;
    END IF;

    IF cardinality(written) = 0 THEN
        RETURN;
    END IF;

    this_xid := pg_current_xact_id()::text::bigint;
    INSERT INTO events (run_key, seq, event_id, organization_id, xid, pos, type, node_ref, attempt, level, late,
        occurred_at, recorded_at, hash, body)
    SELECT run_key_given[g.run], g.seq, g.id, run_organization[g.run], this_xid, g.place, g.type, g.node,
        g.attempt, g.level, g.late, g.occurred_at, g.recorded_at, g.hash, g.body::json
    FROM unnest(event_run, event_seq, event_uuid, event_type, event_node, event_attempt, event_level,
            event_late, event_occurred_at, event_recorded_at, event_hash, event_body)
        WITH ORDINALITY AS g (run, seq, id, type, node, attempt, level, late, occurred_at, recorded_at, hash,
            body, place)
    WHERE g.run = ANY (written);

    -- A statement costs more than the rows that most flushes have for the rest.
    IF false = ANY (node_is_new) THEN
        UPDATE nodes n SET status = g.status, attempt = g.attempt, state = g.state::json
        FROM unnest(node_run, node_name, node_is_new, node_status, node_attempt, node_state)
            AS g (run, name, is_new, status, attempt, state)
        WHERE n.run_key = run_key_given[g.run] AND n.node_ref = g.name AND NOT g.is_new AND g.run = ANY (written);
    END IF;

    IF true = ANY (node_is_new) THEN
        INSERT INTO nodes (run_key, node_ref, position, status, attempt, state)
        SELECT run_key_given[g.run], g.name, g.node_position, g.status, g.attempt, g.state::json
        FROM unnest(node_run, node_name, node_position, node_is_new, node_status, node_attempt, node_state)
            AS g (run, name, node_position, is_new, status, attempt, state)
        WHERE g.is_new AND g.run = ANY (written);
    END IF;

    IF cardinality(checkpoint_run) > 0 THEN
        INSERT INTO checkpoints (run_key, seq, state)
        SELECT run_key_given[g.run], g.seq, g.state::json
        FROM unnest(checkpoint_run, checkpoint_seq, checkpoint_state) AS g (run, seq, state)
        WHERE g.run = ANY (written);
    END IF;

    IF cardinality(queue_run) > 0 THEN
        INSERT INTO run_queue (run_key, organization_id, run_id, workflow, version, priority, concurrency, engines,
            enqueued_at)
        SELECT run_key_given[g.run], run_organization[g.run], run_name[g.run], g.workflow, g.version, g.priority,
            g.concurrency, g.engines::text[], clock_timestamp()
        FROM unnest(queue_run, queue_workflow, queue_version, queue_priority, queue_concurrency, queue_engines)
            AS g (run, workflow, version, priority, concurrency, engines)
        WHERE g.run = ANY (written);
    END IF;

    IF true = ANY (run_leaves_queue) THEN
        DELETE FROM run_queue q
        USING unnest(run_key_given, run_leaves_queue) WITH ORDINALITY AS g (key, leaves, place)
        WHERE q.run_key = g.key AND g.leaves AND g.place = ANY (written);
    END IF;
END $$;

ALTER FUNCTION append_logs SET plan_cache_mode = force_generic_plan;
