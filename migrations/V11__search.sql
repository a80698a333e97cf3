-- What runs are looked for by, in narrow tables beside `runs`: facets (labels, the trigger's type) and words (id, workflow, failure).
--
-- Triggers keep them, in the transaction of whatever writes the run, so that a search misses nothing and no writer need know. Runs that
-- are over by now follow in V12__search_history.sql.

-- An organization's reads go over many of its runs: the sub-selects are evaluated once for a statement, the bare calls for each row.
-- First, since it takes the strongest lock.
ALTER POLICY own_organization ON runs USING ((SELECT current_user) <> 'telltale_reader'
    OR organization_id = (SELECT nullif(current_setting('telltale.organization', true), '')::uuid));
CREATE OR REPLACE FUNCTION keep_to_organization(guarded regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY own_organization ON %s USING ((SELECT current_user) <> ''telltale_reader'' '
        'OR organization_id = (SELECT nullif(current_setting(''telltale.organization'', true), '''')::uuid))', guarded);
END $$;

-- What belongs to no organization is no business of whoever reads for one.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'telltale_reader') THEN
        REVOKE SELECT ON users, tickets, signing_keys, sign_in_failures, openid_flows FROM telltale_reader;
    END IF;
END $$;

-- The type of a run's trigger, which is an object with a type (older clients say kind), or the word itself.
CREATE FUNCTION trigger_type(trigger json) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(trigger ->> 'type', trigger ->> 'kind', trigger #>> '{}')
$$;

-- 128 bits of a digest, so that texts of any length can be looked up in an index.
CREATE FUNCTION text_digest(given text) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT encode(substr(sha256(convert_to(given, 'UTF8')), 1, 16), 'hex')::uuid
$$;

CREATE FUNCTION label_facet(name text, value text) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT text_digest(length(name) || ':' || name || value)
$$;

CREATE FUNCTION trigger_facet(type text) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT text_digest('trigger:' || type)
$$;

CREATE FUNCTION facets_of(labels jsonb, trigger json) RETURNS SETOF uuid
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT label_facet(key, value) FROM jsonb_each_text(labels)
    UNION ALL
    SELECT trigger_facet(trigger_type(trigger)) WHERE trigger_type(trigger) IS NOT NULL
$$;

-- A line each, in lower case: id, workflow, and the node and the reason of the failure of a run that did not come to a good end; no more
-- of it than an index holds.
CREATE FUNCTION words_of(run_id text, workflow text, status text, state json) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT substring(convert_to(lower(run_id || coalesce(E'\n' || workflow, '') || CASE
        WHEN status IN ('FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT')
            THEN coalesce(E'\n' || (state #>> '{failure,nodeRef}'), '') || coalesce(E'\n' || (state #>> '{failure,reason}'), '')
        ELSE '' END), 'UTF8') FROM 1 FOR 2400)
$$;

-- Both are read from their indexes alone, which a vacuum makes possible for the rows of late: it comes sooner than usual.
CREATE TABLE run_facets (
    organization_id uuid NOT NULL,
    facet uuid NOT NULL,
    run_key uuid NOT NULL,
    PRIMARY KEY (organization_id, facet, run_key)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

-- In the order of the list: an organization's words are read through from the newest run on.
CREATE TABLE run_words (
    organization_id uuid NOT NULL,
    run_key uuid NOT NULL,
    words bytea NOT NULL,
    PRIMARY KEY (organization_id, run_key) INCLUDE (words)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

SELECT keep_to_organization('run_facets'), keep_to_organization('run_words');

CREATE FUNCTION keep_facets() RETURNS trigger
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM run_facets f
        USING facets_of(OLD.labels, OLD.trigger) AS given (facet)
        WHERE f.organization_id = OLD.organization_id AND f.facet = given.facet AND f.run_key = OLD.run_key;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO run_facets (organization_id, facet, run_key)
        SELECT NEW.organization_id, given.facet, NEW.run_key
        FROM facets_of(NEW.labels, NEW.trigger) AS given (facet)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION keep_words() RETURNS trigger
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM run_words WHERE organization_id = OLD.organization_id AND run_key = OLD.run_key;
    ELSE
        INSERT INTO run_words (organization_id, run_key, words)
        VALUES (NEW.organization_id, NEW.run_key, words_of(NEW.run_id, NEW.workflow, NEW.status, NEW.state))
        ON CONFLICT (organization_id, run_key) DO UPDATE SET words = excluded.words;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER keep_facets AFTER INSERT OR DELETE ON runs FOR EACH ROW EXECUTE FUNCTION keep_facets();
CREATE TRIGGER keep_changed_facets AFTER UPDATE ON runs FOR EACH ROW
    WHEN (OLD.labels IS DISTINCT FROM NEW.labels OR OLD.trigger::text IS DISTINCT FROM NEW.trigger::text)
    EXECUTE FUNCTION keep_facets();
CREATE TRIGGER keep_words AFTER INSERT OR DELETE ON runs FOR EACH ROW EXECUTE FUNCTION keep_words();
-- A failure comes with the status that ends a run, and stays; what a rebuild puts right comes by `search_again`.
CREATE TRIGGER keep_changed_words AFTER UPDATE ON runs FOR EACH ROW
    WHEN (OLD.workflow IS DISTINCT FROM NEW.workflow
        OR OLD.status <> NEW.status AND NEW.status IN ('FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT'))
    EXECUTE FUNCTION keep_words();

-- Puts right what a run is found by.
CREATE FUNCTION search_again(key uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    r runs;
    facets uuid[];
BEGIN
    SELECT * INTO STRICT r FROM runs WHERE run_key = key;
    facets := ARRAY(SELECT facets_of(r.labels, r.trigger));
    DELETE FROM run_facets WHERE organization_id = r.organization_id AND run_key = key AND facet <> ALL (facets);
    INSERT INTO run_facets (organization_id, facet, run_key)
    SELECT r.organization_id, facet, key FROM unnest(facets) AS facet
    ON CONFLICT DO NOTHING;
    INSERT INTO run_words (organization_id, run_key, words)
    VALUES (r.organization_id, key, words_of(r.run_id, r.workflow, r.status, r.state))
    ON CONFLICT (organization_id, run_key) DO UPDATE SET words = excluded.words;
END $$;

-- Whether a run's failure holds a text, which its words may have lost where they have all of their 2,400 bytes.
CREATE FUNCTION failure_holds(key uuid, sought text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (
        SELECT FROM runs r
        WHERE r.run_key = key
            AND position(lower(sought) IN lower(concat_ws(E'\n', r.state #>> '{failure,nodeRef}', r.state #>> '{failure,reason}'))) > 0
    )
$$;

-- Whether a run fits what a list of runs is narrowed to; null narrows nothing. Plain enough to be put in place by the planner.
CREATE FUNCTION fits(r runs, statuses text[], of_workflow text, with_labels jsonb, trigger_types text[]) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (statuses IS NULL OR r.status = ANY (statuses))
        AND (of_workflow IS NULL OR r.workflow = of_workflow)
        AND (with_labels IS NULL OR r.labels @> with_labels)
        AND (trigger_types IS NULL OR trigger_type(r.trigger) = ANY (trigger_types))
$$;

-- The facet that the fewest of an organization's runs have, of those that all of the sought must have: counted to 1,000, which is enough
-- to choose by.
CREATE FUNCTION rarest_facet(of_organization uuid, with_labels jsonb, trigger_types text[]) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT wanted.facet
    FROM (
        SELECT label_facet(key, value) FROM jsonb_each_text(with_labels)
        UNION ALL
        SELECT trigger_facet(trigger_types[1]) WHERE cardinality(trigger_types) = 1
    ) AS wanted (facet)
    ORDER BY (
        SELECT count(*)
        FROM (
            SELECT FROM run_facets f WHERE f.organization_id = of_organization AND f.facet = wanted.facet LIMIT 1000
        ) AS counted
    )
    LIMIT 1
$$;

-- The runs that go on: their rows change, so that they can't wait for the next step.
INSERT INTO run_facets (organization_id, facet, run_key)
SELECT r.organization_id, given.facet, r.run_key
FROM runs r
CROSS JOIN facets_of(r.labels, r.trigger) AS given (facet)
WHERE r.status IN ('QUEUED', 'RUNNING', 'AWAITING_INPUT', 'STALE');
INSERT INTO run_words (organization_id, run_key, words)
SELECT r.organization_id, r.run_key, words_of(r.run_id, r.workflow, r.status, r.state)
FROM runs r
WHERE r.status IN ('QUEUED', 'RUNNING', 'AWAITING_INPUT', 'STALE');
