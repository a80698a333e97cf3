-- Takes back V11__search.sql. Nothing is lost: all of it is derived from `runs`.
DROP TRIGGER keep_facets ON runs;
DROP TRIGGER keep_changed_facets ON runs;
DROP TRIGGER keep_words ON runs;
DROP TRIGGER keep_changed_words ON runs;
DROP FUNCTION keep_facets;
DROP FUNCTION keep_words;
DROP FUNCTION rarest_facet;
DROP FUNCTION fits;
DROP TABLE run_words;
DROP TABLE run_facets;
DROP FUNCTION search_again;
DROP FUNCTION failure_holds;
DROP FUNCTION words_of;
DROP FUNCTION facets_of;
DROP FUNCTION trigger_facet;
DROP FUNCTION label_facet;
DROP FUNCTION text_digest;
DROP FUNCTION trigger_type;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'telltale_reader') THEN
        GRANT SELECT ON users, tickets, signing_keys, sign_in_failures, openid_flows TO telltale_reader;
    END IF;
END $$;
ALTER POLICY own_organization ON runs USING (current_user <> 'telltale_reader'
    OR organization_id = nullif(current_setting('telltale.organization', true), '')::uuid);
CREATE OR REPLACE FUNCTION keep_to_organization(guarded regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY own_organization ON %s USING (current_user <> ''telltale_reader'' '
        'OR organization_id = nullif(current_setting(''telltale.organization'', true), '''')::uuid)', guarded);
END $$;
