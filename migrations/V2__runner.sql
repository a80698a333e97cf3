-- The runner: stored workflows, the queue of runs to be executed, secrets, artifacts.

-- One row a workflow that is stored here. A deleted one keeps its row and its versions, since runs refer to them: it only
-- starts nothing any more, until it is stored again.
CREATE TABLE workflows (
    organization_id uuid NOT NULL,
    name text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 256),
    latest_version integer NOT NULL CHECK (latest_version >= 1),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (organization_id, name)
);
-- The list, newest change first.
CREATE INDEX workflows_newest ON workflows (organization_id, updated_at DESC, name DESC) WHERE deleted_at IS NULL;

-- Every text that a workflow has had, as it was sent; never changed and never removed.
CREATE TABLE workflow_versions (
    organization_id uuid NOT NULL,
    workflow text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    source text NOT NULL,
    -- What the list shows of it, read from the source when it was stored.
    description text,
    node_count integer NOT NULL CHECK (node_count >= 1),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, workflow, version),
    FOREIGN KEY (organization_id, workflow) REFERENCES workflows (organization_id, name)
);

-- One row a run that workers execute, from its RUN_QUEUED to its terminal event, written and removed in the journal's own
-- transactions. No foreign key to the version: versions are never removed, and each start would lock the same row.
CREATE TABLE run_queue (
    run_key uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    run_id text NOT NULL,
    workflow text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    -- Higher first.
    priority integer NOT NULL CHECK (priority BETWEEN -100 AND 100),
    -- How many runs of the workflow that have a limit may be claimed at the same time; null: no limit.
    concurrency integer CHECK (concurrency >= 1),
    -- What a worker must have.
    engines text[] NOT NULL CHECK (engines <@ ARRAY['docker', 'process']),
    enqueued_at timestamptz NOT NULL,
    -- The fencing token: how many times the run was claimed. It never goes back, so that no two claims share a number.
    claim integer NOT NULL DEFAULT 0 CHECK (claim >= 0),
    -- Null: nobody has it. The lease's end is kept by the database's clock.
    worker text,
    lease_until timestamptz,
    cancel_requested_at timestamptz,
    UNIQUE (organization_id, run_id),
    -- Looked up by nobody. It makes the claim a part of the row's key, so that an append under a claim, which locks the key
    -- (FOR KEY SHARE), holds off the next claim and a run's end, but never a heartbeat, nor a heartbeat it.
    UNIQUE (run_key, claim),
    CHECK ((worker IS NULL) = (lease_until IS NULL)),
    CHECK (worker IS NULL OR claim >= 1)
) WITH (fillfactor = 70);
-- The order in which runs are claimed. A heartbeat changes lease_until alone, which no index holds, and so stays heap-only.
CREATE INDEX run_queue_waiting ON run_queue (organization_id, priority DESC, enqueued_at, run_key) WHERE worker IS NULL;
CREATE INDEX run_queue_limited ON run_queue (organization_id, workflow) WHERE concurrency IS NOT NULL;
CREATE INDEX run_queue_claimed ON run_queue (worker) WHERE worker IS NOT NULL;

-- Named texts that nodes get by reference, encrypted before they come here.
CREATE TABLE secrets (
    organization_id uuid NOT NULL,
    name text NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, name)
);

-- Files that nodes left; their bytes are in the object store.
CREATE TABLE artifacts (
    artifact_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    run_key uuid NOT NULL,
    node_ref text,
    attempt integer,
    name text NOT NULL,
    media_type text NOT NULL,
    bytes bigint NOT NULL,
    sha256 bytea NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (run_key, node_ref, attempt, name)
);

-- Claims up to `most` waiting runs for a worker, by priority and age, none whose workflow is at its limit.
--
-- Runs without a limit need no more than their row's lock, and a row that another claimer has is passed over. Where
-- there is a limit, claimers of that workflow take turns by an advisory lock to the end of the transaction, and count in
-- a statement after it, which sees what the one before has committed: so the limit holds exactly. Counted are the
-- claimed runs that have a limit themselves; those of a version without one are outside of it.
--
-- What comes with a run is read here and not by the caller's query, whose snapshot is older: a run that was just started would be
-- claimed and not be there.
CREATE FUNCTION claim_runs(of_organization uuid, claimer text, has_engines text[], most integer, lease interval)
RETURNS TABLE (run_id text, claim integer, workflow text, version integer, source text, head_seq bigint,
    cancel_requested boolean, is_limited boolean, place bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    limited text[];
    turn integer;
BEGIN
    -- Workflows that wait and, as far as can be seen without a lock, are below their limit.
    SELECT array_agg(w.workflow)
    INTO limited
    FROM (
        SELECT q.workflow, max(q.concurrency) AS most
        FROM run_queue q
        WHERE q.organization_id = of_organization AND q.concurrency IS NOT NULL AND q.worker IS NULL
            AND q.engines <@ has_engines
        GROUP BY q.workflow
    ) AS w
    WHERE w.most > (
        SELECT count(*)
        FROM run_queue r
        WHERE r.organization_id = of_organization AND r.workflow = w.workflow AND r.concurrency IS NOT NULL
            AND r.worker IS NOT NULL
    );

    -- In the order of the locks, so that two claimers never wait for each other in a ring.
    IF limited IS NOT NULL THEN
        FOR turn IN
            SELECT DISTINCT hashtext(of_organization::text || '/' || name) FROM unnest(limited) AS name ORDER BY 1
        LOOP
            PERFORM pg_advisory_xact_lock(7414, turn);
        END LOOP;
    END IF;

    RETURN QUERY
    WITH unlimited AS (
        SELECT q.run_key, q.priority, q.enqueued_at
        FROM run_queue q
        WHERE q.organization_id = of_organization AND q.worker IS NULL AND q.concurrency IS NULL
            AND q.engines <@ has_engines
        ORDER BY q.priority DESC, q.enqueued_at, q.run_key
        LIMIT most
        FOR UPDATE SKIP LOCKED
    ), within_limits AS (
        SELECT w.run_key, w.priority, w.enqueued_at
        FROM (
            SELECT q.run_key, q.priority, q.enqueued_at, q.workflow, q.concurrency,
                row_number() OVER (PARTITION BY q.workflow ORDER BY q.priority DESC, q.enqueued_at, q.run_key) AS nth
            FROM run_queue q
            WHERE q.organization_id = of_organization AND q.worker IS NULL AND q.workflow = ANY (limited)
                AND q.concurrency IS NOT NULL AND q.engines <@ has_engines
        ) AS w
        WHERE w.nth <= w.concurrency - (
            SELECT count(*)
            FROM run_queue r
            WHERE r.organization_id = of_organization AND r.workflow = w.workflow AND r.concurrency IS NOT NULL
                AND r.worker IS NOT NULL
        )
    ), chosen AS (
        SELECT c.run_key, row_number() OVER (ORDER BY c.priority DESC, c.enqueued_at, c.run_key) AS place
        FROM (SELECT * FROM unlimited UNION ALL SELECT * FROM within_limits) AS c
        ORDER BY place
        LIMIT most
    ), claimed AS (
        UPDATE run_queue q
        SET claim = q.claim + 1, worker = claimer, lease_until = clock_timestamp() + lease
        FROM chosen
        WHERE q.run_key = chosen.run_key AND q.worker IS NULL
        RETURNING q.run_key, q.run_id, q.claim, q.workflow, q.version, q.cancel_requested_at, q.concurrency, chosen.place
    )
    SELECT c.run_id, c.claim, c.workflow, c.version, v.source, r.head_seq, c.cancel_requested_at IS NOT NULL,
        c.concurrency IS NOT NULL, c.place
    FROM claimed c
    JOIN runs r ON r.run_key = c.run_key
    JOIN workflow_versions v ON v.organization_id = of_organization AND v.workflow = c.workflow
        AND v.version = c.version;
END $$;
