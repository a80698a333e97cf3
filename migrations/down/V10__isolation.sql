-- Takes back V10__isolation.sql. Policies that are about results alone are lost, and so are plans for results; those that are about
-- runs too go on without.
DELETE FROM cleanup_items WHERE plan_id IN (SELECT plan_id FROM cleanup_plans WHERE what = 'results');
DELETE FROM cleanup_plans WHERE what = 'results';
ALTER TABLE cleanup_plans
    DROP CONSTRAINT cleanup_plans_what_check,
    ADD CONSTRAINT cleanup_plans_what_check CHECK (what IN ('runs', 'logs', 'artifacts'));
DELETE FROM retention_policies WHERE num_nonnulls(keep_days, keep_latest) = 0;
ALTER TABLE retention_policies
    DROP CONSTRAINT retention_policies_check,
    ADD CONSTRAINT retention_policies_check CHECK (num_nonnulls(keep_days, keep_latest) >= 1),
    DROP COLUMN keep_results_days;

DROP FUNCTION purge_artifacts(uuid[], text);

DO $$
DECLARE
    guarded regclass;
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'telltale_reader') THEN
        GRANT SELECT ON run_view, event_view, telltale_v1_runs, telltale_v1_nodes, telltale_v1_events, telltale_v1_log_streams,
            telltale_v1_queue
        TO telltale_reader;
    END IF;
    FOR guarded IN
        SELECT name::regclass
        FROM unnest(ARRAY['organizations', 'sessions', 'sign_in_links', 'run_numbers', 'run_ends', 'run_days',
            'retention_policies', 'cleanup_plans', 'run_tombstones', 'purged_events', 'purge_remains', 'webhooks', 'schedules',
            'notifications', 'notification_cursors', 'deliveries', 'imported_runs']) AS name
        UNION ALL
        SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'events'::regclass
    LOOP
        EXECUTE format('DROP POLICY own_organization ON %s', guarded);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', guarded);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION ensure_partitions(parent regclass, from_at timestamptz, to_at timestamptz) RETURNS integer
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
DROP FUNCTION keep_to_organization;
