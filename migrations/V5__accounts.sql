-- Accounts: organizations and their members, sessions, API tokens, one-time links and tickets, and who did what.
-- Secrets that come from outside (tokens, links, refresh cookies) are stored as SHA-256 of 32 random bytes, never themselves.

CREATE TABLE organizations (
    organization_id uuid PRIMARY KEY,
    name text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 200),
    -- The user whose personal one it is; nobody else can join it.
    personal_of uuid UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- The organization of an installation without accounts, whose runs its first user finds again.
INSERT INTO organizations (organization_id, name) VALUES ('00000000-0000-0000-0000-000000000001', 'default');

CREATE TABLE users (
    user_id uuid PRIMARY KEY,
    -- In lower case, so that it is unique however it is typed.
    email text NOT NULL UNIQUE CHECK (email = lower(email) AND octet_length(email) <= 320),
    name text CHECK (octet_length(name) <= 200),
    -- argon2id in PHC form; null: signs in by link or OpenID Connect only.
    password_hash text,
    -- Who OpenID Connect says it is: the issuer and its subject.
    openid_issuer text,
    openid_subject text,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Belongs to no organization any more; the row stays for what it did.
    removed_at timestamptz,
    UNIQUE (openid_issuer, openid_subject)
);
ALTER TABLE organizations ADD FOREIGN KEY (personal_of) REFERENCES users (user_id);

CREATE TABLE memberships (
    organization_id uuid NOT NULL REFERENCES organizations (organization_id),
    user_id uuid NOT NULL REFERENCES users (user_id),
    role text NOT NULL CHECK (role IN ('viewer', 'member', 'owner')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX memberships_of_user ON memberships (user_id);

-- One sign-in, which is one family of refresh cookies: only the newest is good, and an older one ends the family.
CREATE TABLE sessions (
    session_id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (user_id),
    -- The organization that it is in now; its user is a member, or the session is over.
    organization_id uuid NOT NULL,
    refresh_hash bytea NOT NULL CHECK (octet_length(refresh_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    refreshed_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE api_tokens (
    token_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (organization_id),
    -- Whoever made it; null where that was no user. When the user goes, it goes.
    created_by uuid REFERENCES users (user_id),
    name text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 200),
    prefix text NOT NULL,
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    scopes text[] NOT NULL CHECK (scopes <@ ARRAY['append', 'read', 'admin'] AND cardinality(scopes) >= 1),
    -- At most one of the two limits it.
    workflow text,
    run_id text CHECK (workflow IS NULL OR run_id IS NULL),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    last_used_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX api_tokens_of_organization ON api_tokens (organization_id, created_at DESC, token_id DESC);

-- Good once: they are deleted when they are used.
CREATE TABLE sign_in_links (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    -- Null: whoever comes with it becomes the first user, an owner.
    user_id uuid REFERENCES users (user_id),
    organization_id uuid NOT NULL REFERENCES organizations (organization_id),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_links_by_end ON sign_in_links (expires_at);

-- What stands in an address where no header can be sent; who made one is `kind` and `id`.
CREATE TABLE tickets (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    kind text NOT NULL CHECK (kind IN ('session', 'token', 'operator')),
    id uuid,
    expires_at timestamptz NOT NULL
);
CREATE INDEX tickets_by_end ON tickets (expires_at);

-- The public halves of the keys that sign access tokens. The private half never leaves the memory of its server.
CREATE TABLE signing_keys (
    kid text PRIMARY KEY,
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

-- Sign-ins begun and not yet well ended, by account and by address, for the lock-out.
CREATE TABLE sign_in_failures (
    subject text PRIMARY KEY,
    failures integer NOT NULL CHECK (failures >= 0),
    last_at timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX sign_in_failures_by_time ON sign_in_failures (last_at);

CREATE TABLE audit_log (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    subject text,
    detail json,
    address text
);
CREATE INDEX audit_log_of_organization ON audit_log (organization_id, entry_id DESC);

-- A sign-in with OpenID Connect under way: what the answer is held against, whichever server it comes to.
CREATE TABLE openid_flows (
    state_hash bytea PRIMARY KEY CHECK (octet_length(state_hash) = 32),
    nonce text NOT NULL,
    verifier text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX openid_flows_by_end ON openid_flows (expires_at);

-- The second lock behind the queries: whoever reads as `telltale_reader`, which the server does for requests, sees the rows of one
-- organization, the one that `telltale.organization` names. Owners and all other roles see what they are granted, as before.
-- Roles belong to the whole cluster: where this user may make none, or others make it at the same time, there is one or there
-- is none, and the server looks which.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'telltale_reader') THEN
        CREATE ROLE telltale_reader NOLOGIN;
    END IF;
EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation OR internal_error THEN
    NULL;
END $$;
DO $$
BEGIN
    EXECUTE format('GRANT telltale_reader TO %I', current_user);
EXCEPTION WHEN OTHERS THEN
    -- Not ours to grant, not there, or granted by another at this moment.
    NULL;
END $$;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'telltale_reader') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO telltale_reader', current_schema());
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO telltale_reader', current_schema());
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO telltale_reader', current_schema());
    END IF;
END $$;
DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['runs', 'events', 'workflows', 'workflow_versions', 'run_queue', 'secrets', 'artifacts',
            'idempotency_keys', 'memberships', 'api_tokens', 'audit_log'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY own_organization ON %I USING (current_user <> ''telltale_reader'' '
            'OR organization_id = nullif(current_setting(''telltale.organization'', true), '''')::uuid)', guarded);
    END LOOP;
END $$;
