-- What starts runs from outside (webhooks, schedules), and who is told what becomes of runs (notifications).

-- An address that starts runs of one workflow. Only the token's hash is kept; the signing secret is sealed.
CREATE TABLE webhooks (
    webhook_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    workflow text NOT NULL,
    description text,
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    -- Null: no signature is asked for.
    sealed_secret bytea,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    last_run_id text
);
CREATE INDEX webhooks_of_workflow ON webhooks (organization_id, workflow, webhook_id);

-- When a workflow is started by the clock. `due_at` is a tick that has been decided on and not yet started: whoever finds one starts
-- the run that its id names, so that a crash in between neither loses a tick nor repeats it.
CREATE TABLE schedules (
    schedule_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    workflow text NOT NULL,
    cron text NOT NULL,
    time_zone text NOT NULL,
    inputs text,
    missed text NOT NULL CHECK (missed IN ('skip', 'run-once')),
    enabled boolean NOT NULL,
    -- Null: disabled, or there is no such time any more.
    next_at timestamptz,
    due_at timestamptz,
    last_at timestamptz,
    last_run_id text,
    last_error text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX schedules_of_organization ON schedules (organization_id, schedule_id);
-- What the round looks for.
CREATE INDEX schedules_next ON schedules (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX schedules_decided ON schedules (due_at) WHERE due_at IS NOT NULL;

-- Who is told when runs get a status.
CREATE TABLE notifications (
    notification_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    url text NOT NULL,
    statuses text[] NOT NULL CHECK (cardinality(statuses) >= 1),
    -- Null: runs of every workflow.
    workflow text,
    description text,
    enabled boolean NOT NULL,
    sealed_secret bytea NOT NULL,
    -- Transactions from this one on are told: it was made, or enabled again, then.
    from_xid bigint NOT NULL,
    -- Since when nothing was delivered; null while all is well.
    failing_since timestamptz,
    disabled_reason text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX notifications_of_organization ON notifications (organization_id, notification_id);

-- How far each organization's events were looked at for notifications.
CREATE TABLE notification_cursors (
    organization_id uuid PRIMARY KEY,
    xid bigint NOT NULL,
    pos integer NOT NULL
);

-- Each message to each receiver, with what became of it.
CREATE TABLE deliveries (
    delivery_id uuid PRIMARY KEY,
    notification_id uuid NOT NULL REFERENCES notifications ON DELETE CASCADE,
    organization_id uuid NOT NULL,
    -- Null: a test.
    run_id text,
    status text NOT NULL,
    body text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    response_status integer,
    error text,
    created_at timestamptz NOT NULL,
    last_attempt_at timestamptz,
    -- Null once it is over; while it is being sent, when it may be sent again should its sender die.
    next_attempt_at timestamptz,
    CHECK ((state = 'waiting') = (next_attempt_at IS NOT NULL))
);
CREATE INDEX deliveries_newest ON deliveries (notification_id, created_at DESC, delivery_id DESC);
CREATE INDEX deliveries_due ON deliveries (notification_id, next_attempt_at) WHERE state = 'waiting';
CREATE INDEX deliveries_over ON deliveries (created_at) WHERE state <> 'waiting';

-- The library: an organization's artifacts, newest first.
CREATE INDEX artifacts_newest ON artifacts (organization_id, created_at DESC, artifact_id DESC);
