-- What operators need: read-only views for dashboards, and cursors that go on after a dump was restored.

-- What this installation was called in cursors before a dump of it was restored into another cluster, and what has to be
-- taken off the transaction id of such a cursor to find its place today.
CREATE TABLE restored_installations (
    earlier_id uuid PRIMARY KEY,
    shift bigint NOT NULL CHECK (shift >= 0)
);

-- To be called once after a dump was restored into another cluster, whose transaction ids have nothing to do with those that
-- the events carry: puts all restored events below 0, before everything to come, in their old order, and renames the
-- installation. How far they were moved is kept, so that a cursor from before goes on where it was. Answers how many events
-- there are.
--
-- Everything that follows events by their transaction moves with them: those who go on from a place, what was purged where, and
-- plans that wait for a transaction to be seen. By whole buckets of purged_events, which hold 1,024 transactions each.
CREATE OR REPLACE FUNCTION adopt_restored_events() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    adopted bigint;
    moved_by bigint;
BEGIN
    SELECT ((greatest(
        (SELECT max(xid) FROM events), (SELECT max(greatest(xid, seen_to)) FROM event_cursors),
        (SELECT max(xid) FROM notification_cursors), (SELECT max(from_xid) FROM notifications),
        (SELECT max(apply_xid) FROM cleanup_plans), 0) >> 10) + 1) << 10
    INTO moved_by;
    UPDATE events SET xid = xid - moved_by;
    GET DIAGNOSTICS adopted = ROW_COUNT;
    UPDATE notification_cursors SET xid = xid - moved_by;
    UPDATE notifications SET from_xid = from_xid - moved_by;
    UPDATE cleanup_plans SET apply_xid = apply_xid - moved_by WHERE apply_xid IS NOT NULL;
    -- Those who follow events, and what was purged where.
    PERFORM shift_event_cursors(moved_by);
    UPDATE restored_installations SET shift = shift + moved_by;
    INSERT INTO restored_installations (earlier_id, shift) SELECT id, moved_by FROM installation;
    UPDATE installation SET id = gen_random_uuid();
    RETURN adopted;
END $$;

-- The views of version 1. A view of a version keeps its columns; new ones may be added at its end. Another shape gets another
-- version beside it. docs/dashboards.md describes them.

-- The time in a run key, which is a UUIDv7: when the run was registered.
CREATE FUNCTION run_key_time(run_key uuid) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT to_timestamp(('x' || lpad(left(replace(run_key::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0)
$$;

CREATE VIEW telltale_v1_runs AS
SELECT r.organization_id, r.run_key, r.run_id, r.workflow, r.status, s.engine,
    coalesce(r.trigger ->> 'type', r.trigger ->> 'kind', r.trigger #>> '{}') AS trigger,
    run_key_time(r.run_key) AS registered_at,
    s."queuedAt" AS queued_at, s."startedAt" AS started_at, s."updatedAt" AS updated_at, s."completedAt" AS completed_at,
    (extract(epoch FROM s."completedAt" - coalesce(s."startedAt", s."queuedAt")) * 1000)::float8 AS duration_ms,
    s."nodesOver" AS completed_actions, greatest(coalesce(s."declaredTotal", 0), s."nodesSeen") AS total_actions,
    r.head_seq AS events, s."lateEvents" AS late_events,
    s.failure ->> 'reason' AS failure_reason, s.failure ->> 'code' AS failure_code, s.failure ->> 'nodeRef' AS failure_node,
    r.labels
FROM runs r
CROSS JOIN LATERAL json_to_record(r.state) AS s (engine text, "queuedAt" timestamptz, "startedAt" timestamptz,
    "updatedAt" timestamptz, "completedAt" timestamptz, "nodesOver" integer, "declaredTotal" integer, "nodesSeen" integer,
    "lateEvents" bigint, failure json);

CREATE VIEW telltale_v1_nodes AS
SELECT r.organization_id, n.run_key, r.run_id, r.workflow, n.node_ref, n.position, n.status, n.attempt,
    s."startedAt" AS started_at, s."completedAt" AS completed_at,
    (extract(epoch FROM s."completedAt" - s."startedAt") * 1000)::float8 AS duration_ms,
    s.message, s.error ->> 'message' AS error_message, s.error ->> 'code' AS error_code,
    (s.counts ->> 'events')::bigint AS events, (s.counts ->> 'warnings')::bigint AS warnings,
    (s.counts ->> 'errors')::bigint AS errors, (s.counts ->> 'artifacts')::bigint AS artifacts
FROM nodes n
JOIN runs r ON r.run_key = n.run_key
CROSS JOIN LATERAL json_to_record(n.state) AS s ("startedAt" timestamptz, "completedAt" timestamptz, message text,
    error json, counts json);

CREATE VIEW telltale_v1_events AS
SELECT e.organization_id, e.run_key, r.run_id, r.workflow, e.seq, e.event_id, e.type, e.node_ref, e.attempt, e.level, e.late,
    e.occurred_at, e.recorded_at, b.message, b.data, b.error
FROM events e
JOIN runs r ON r.run_key = e.run_key
CROSS JOIN LATERAL json_to_record(e.body) AS b (message text, data jsonb, error jsonb);

CREATE VIEW telltale_v1_log_streams AS
SELECT r.organization_id, l.run_key, r.run_id, r.workflow, l.node_ref, l.attempt, l.stream, l.lines, l.bytes,
    coalesce(l.closed_at_lines = l.lines, false) AS closed, l.last_line
FROM log_streams l
JOIN runs r ON r.run_key = l.run_key;

CREATE VIEW telltale_v1_queue AS
SELECT q.organization_id, q.run_key, q.run_id, q.workflow, q.version, q.priority, q.engines, q.enqueued_at, q.claim, q.worker,
    q.lease_until, q.cancel_requested_at
FROM run_queue q;
