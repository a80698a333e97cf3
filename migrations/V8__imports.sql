-- Runs that came here in a bundle instead of being recorded here.

CREATE TABLE imported_runs (
    organization_id uuid NOT NULL,
    run_id text NOT NULL,
    -- Chosen before the first event, so that an import that broke off goes on where it was.
    run_key uuid NOT NULL UNIQUE,
    -- The organization that recorded the run, which the first link of its hash chain names.
    origin_id uuid NOT NULL,
    -- The bundle's last event.
    events bigint NOT NULL CHECK (events >= 1),
    head_hash bytea NOT NULL CHECK (octet_length(head_hash) = 32),
    begun_at timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (organization_id, run_id)
);
