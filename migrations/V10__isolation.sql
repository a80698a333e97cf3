-- The second lock (V5__accounts.sql) on everything that names an organization, whenever it came; and how long results are kept.

-- Puts a table behind the second lock. To be called for each new table with an organization_id; a test looks for those without.
CREATE FUNCTION keep_to_organization(guarded regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY own_organization ON %s USING (current_user <> ''telltale_reader'' '
        'OR organization_id = nullif(current_setting(''telltale.organization'', true), '''')::uuid)', guarded);
END $$;

SELECT keep_to_organization(guarded::regclass)
FROM unnest(ARRAY['organizations', 'sessions', 'sign_in_links', 'run_numbers', 'run_ends', 'run_days', 'retention_policies',
    'cleanup_plans', 'run_tombstones', 'purged_events', 'purge_remains', 'webhooks', 'schedules', 'notifications',
    'notification_cursors', 'deliveries', 'imported_runs']) AS guarded;

-- What is read through a partitioned table is held to the table's policy alone; a partition that is named itself, to its own.
SELECT keep_to_organization(i.inhrelid::regclass) FROM pg_inherits i WHERE i.inhparent = 'events'::regclass;

-- As in V1__core.sql, and a partition of a table behind the second lock is behind it too, before anybody can see it.
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
            IF (SELECT relrowsecurity FROM pg_class WHERE oid = parent) THEN
                PERFORM keep_to_organization(partition_name::regclass);
            END IF;
            EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent,
                partition_name, run_key_floor(week), run_key_floor(week + interval '7 days'));
            made := made + 1;
        END IF;
        week := week + interval '7 days';
    END LOOP;
    RETURN made;
END $$;

-- A view reads as its owner, whom no policy holds back: the reader has no use for those that people read.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'telltale_reader') THEN
        REVOKE SELECT ON run_view, event_view, telltale_v1_runs, telltale_v1_nodes, telltale_v1_events, telltale_v1_log_streams,
            telltale_v1_queue
        FROM telltale_reader;
    END IF;
END $$;

-- Results are what a run left beside its history: lines and artifacts. They may be kept for a shorter time than the run.
ALTER TABLE retention_policies
    ADD COLUMN keep_results_days integer CHECK (keep_results_days >= 1),
    DROP CONSTRAINT retention_policies_check,
    ADD CONSTRAINT retention_policies_check CHECK (num_nonnulls(keep_days, keep_latest, keep_results_days) >= 1);
ALTER TABLE cleanup_plans
    DROP CONSTRAINT cleanup_plans_what_check,
    ADD CONSTRAINT cleanup_plans_what_check CHECK (what IN ('runs', 'results', 'logs', 'artifacts'));

-- As in V6__history.sql, but for those of the runs' own whose name is spared: null spares none. The form of before stays for servers
-- of the version before, which go on beside this schema while they are replaced.
CREATE FUNCTION purge_artifacts(keys uuid[], spared_name text, OUT artifacts bigint, OUT bytes bigint)
LANGUAGE plpgsql AS $$
BEGIN
    WITH gone AS (
        DELETE FROM artifacts a
        WHERE a.run_key = ANY (keys) AND (spared_name IS NULL OR a.node_ref IS NOT NULL OR a.name <> spared_name)
        RETURNING a.organization_id, a.run_key, a.artifact_id, a.bytes
    ), noted AS (
        INSERT INTO purge_remains (organization_id, run_key, artifact_id)
        SELECT g.organization_id, g.run_key, g.artifact_id FROM gone g
    )
    SELECT count(*), coalesce(sum(g.bytes), 0) INTO artifacts, bytes FROM gone g;
END $$;
