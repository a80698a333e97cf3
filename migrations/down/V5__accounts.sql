-- Takes accounts back; runs keep the organization they were recorded for.
-- The role itself stays: other databases of the cluster may use it.
DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['runs', 'events', 'workflows', 'workflow_versions', 'run_queue', 'secrets', 'artifacts',
            'idempotency_keys'] LOOP
        EXECUTE format('DROP POLICY own_organization ON %I', guarded);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', guarded);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'telltale_reader') THEN
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I REVOKE SELECT ON TABLES FROM telltale_reader', current_schema());
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM telltale_reader', current_schema());
        EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM telltale_reader', current_schema());
    END IF;
END $$;
DROP TABLE openid_flows, audit_log, sign_in_failures, signing_keys, tickets, sign_in_links, api_tokens, sessions, memberships;
ALTER TABLE organizations DROP COLUMN personal_of;
DROP TABLE users, organizations;
