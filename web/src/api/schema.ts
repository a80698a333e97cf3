// Made from /openapi.json by `npm run types`; never edited.

export type paths = {
    "/api/v1/artifacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The artifacts of all runs, newest first */
        get: operations["listLibrary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who did what
         * @description Sign-ins and refusals, changes of users, tokens, workflows and secrets, deletions.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/claims": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Claim runs to execute
         * @description By priority, then by age; only those that need no engine that the worker has not. With `waitMs` a long poll: answered as soon as there is a run. What the worker then writes about a run carries the claim's number as `Telltale-Claim`, and is refused (409 `claim-lost`) once another claim has been made.
         */
        post: operations["claimRuns"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/claims/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep claims for another lease
         * @description `lost`: another worker may have the run, stop at once. `cancelling`: end it.
         */
        post: operations["keepClaims"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/claims/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give claims back
         * @description So that other workers need not wait for the leases to end.
         */
        post: operations["releaseClaims"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/claims/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The values of secrets, for the worker that holds a run
         * @description Answered only while the claim is the run's newest and its lease holds; else 409 `claim-lost`. 404 `no-such-secret` and 422 `secret-sealed-otherwise` list the secrets they are about in `names`.
         */
        post: operations["claimSecrets"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cleanup/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest plans, newest first */
        get: operations["listCleanupPlans"];
        put?: never;
        /**
         * Say what would be deleted
         * @description Deletes nothing. The plan names a set of runs that are over and can be applied for a day, as long as the set stays the same. A plan for a run that is not over is a 409 `run-not-over`.
         */
        post: operations["planCleanup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cleanup/plans/{planId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A plan, and how far it is */
        get: operations["getCleanupPlan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cleanup/plans/{planId}/apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete what a plan says
         * @description 409 `plan-changed` when other runs fit by now, `plan-expired` after a day. Goes on by itself, after a restart as well; applying again is the same. Head digest and a tombstone stay of each run.
         */
        post: operations["applyCleanupPlan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every event, across runs
         * @description Each event exactly once, each run in seq order.
         */
        get: operations["readEventsAcross"];
        put?: never;
        /**
         * Append events to many runs
         * @description Each event names its run. All or nothing for each run; after a 503 sending all again is safe.
         */
        post: operations["appendEventsAcross"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a bundle in
         * @description It is checked whole before anything is written. The run keeps its id, its events to the byte, their seqs, times and hashes; readers across runs get the events as new ones. A run of that id with another history is a 409 `run-differs`; what is wrong with a bundle is a 400 `broken-bundle` that names the block and its offset. An import that broke off goes on when the same file is sent again.
         */
        post: operations["importRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is told of runs, oldest first
         * @description Never their secrets.
         */
        get: operations["listNotifications"];
        put?: never;
        /**
         * Tell somebody when runs get a status
         * @description Messages are posted to the URL, signed as Standard Webhooks has it, at least once and up to eight times over a day until the receiver answers 2xx. Only public addresses are called, and those of the setting `webhook_allow`; redirects are not followed.
         */
        post: operations["createNotification"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications/{notificationId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change a notification
         * @description What is missing stays as it is, the secret always. One that is enabled again tells of what comes from then on.
         */
        put: operations["putNotification"];
        post?: never;
        /**
         * Take a notification away
         * @description With its deliveries.
         */
        delete: operations["deleteNotification"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications/{notificationId}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A notification's deliveries, newest first
         * @description Those of 30 days.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications/{notificationId}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a message that tells of nothing
         * @description Whether it is enabled or not; what becomes of it is among the deliveries.
         */
        post: operations["testNotification"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/organizations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The organizations of the caller */
        get: operations["listOrganizations"];
        put?: never;
        /**
         * Make an organization
         * @description Its maker is its owner.
         */
        post: operations["makeOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Play a bundle as if it happened now
         * @description As a run of its own, with events and lines at the distances that they had, at most 10 s.
         */
        post: operations["replayRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/retention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How long runs are kept */
        get: operations["getRetention"];
        /**
         * Say how long runs are kept
         * @description Replaces all policies. They are applied once an hour; each time is a plan and its apply.
         */
        put: operations["putRetention"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List runs, newest first */
        get: operations["listRuns"];
        put?: never;
        /**
         * Start or register a run
         * @description Engine `external` registers a run whose events others send; `local` starts one of a stored workflow, which this installation's workers execute. 201 when new, 200 when it was there.
         */
        post: operations["createRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A run's state */
        get: operations["getRun"];
        put?: never;
        post?: never;
        /**
         * Delete a run that is over
         * @description A plan and its apply. 409 `run-not-over` before its end.
         */
        delete: operations["deleteRun"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/artifacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A run's artifacts, oldest first */
        get: operations["listArtifacts"];
        put?: never;
        /**
         * Store a file that a run or one of its nodes has left
         * @description The body is the file as it is, up to 1 GiB, of any content type, which is kept. What is declared to be an image, a PDF or an archive and does not begin like one is a 422 `mislabelled`. It is recorded by an ARTIFACT_RECORDED event. The same content again is answered with the first one; another content under the same name, node and attempt is a 409 `artifact-differs`.
         */
        post: operations["uploadArtifact"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/artifacts/{artifactId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An artifact's bytes
         * @description As an attachment, with its SHA-256 as `ETag`. A preview of anything but text and images is a 415 `no-preview`.
         */
        get: operations["downloadArtifact"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/bundle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A run as one file
         * @description Events with their hashes, lines, artifacts and the workflow's text, in blocks that prove themselves, signed; the layout is in docs/bundle.md. As it is read, in constant memory; one that breaks off has no trailer.
         */
        get: operations["exportRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a run
         * @description One that no worker has, or that others execute, is over at once; else its worker ends it. 409 when it is over already.
         */
        post: operations["cancelRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Two runs side by side
         * @description Nodes, attempts, statuses, durations, both critical paths, and the first event that differs.
         */
        get: operations["diffRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A run's events
         * @description With `wait` a long poll: answered as soon as there is an event that fits.
         */
        get: operations["readEvents"];
        put?: never;
        /**
         * Append events to a run
         * @description All or nothing, answered once durable. An unknown run is registered as external. Sending an `eventId` again is answered with the first one's seq.
         */
        post: operations["appendEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A run's output lines
         * @description A search is given two seconds: `stopped` is then `time`, and it goes on from `nextAfter`, or backwards from `nextBefore`. Lines that lie in Loki while it is away are 503, `logs-not-reachable`.
         */
        get: operations["readLogs"];
        put?: never;
        /**
         * Append output lines to a run
         * @description A `lineNo` at or below the stream's head is a duplicate; a gap is a 409 with `expected`.
         */
        post: operations["appendLogs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/logs/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say that no more lines of a stream will come */
        post: operations["closeLog"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/logs/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The whole output as a file
         * @description The bytes as they were written, escape sequences included unless they are stripped. A download that can't be finished breaks off; it never ends as if it were whole.
         */
        get: operations["downloadLogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/nodes/{nodeRef}/input": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer a node that waits for a person
         * @description The first answer counts; a second one is a 409. Where the node asked with a form, `data` is held against it.
         */
        post: operations["giveNodeInput"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/rerun": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run the same workflow again
         * @description The same version of it, as a new run; with `fromNode` what the nodes before left is used again. 409 for runs that others execute.
         */
        post: operations["rerunRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/snapshot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A run's normalised timeline
         * @description The same text whenever the workflow behaved the same: stable node ids, relations instead of times, ids and addresses masked. What `telltale snapshot --check` compares.
         */
        get: operations["snapshotRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A run, live
         * @description WebSocket when upgraded, server-sent events otherwise: `event` is the frame's type, `id` the cursor `<seq>.<logSeq>`, which `Last-Event-ID` resumes from.
         */
        get: operations["streamRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{runId}/tombstone": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is left of a purged run */
        get: operations["getTombstone"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many runs fit
         * @description The filters of the list. Exact up to 10,000; beyond, `atLeast` is true.
         */
        get: operations["countRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Schedules, oldest first */
        get: operations["listSchedules"];
        put?: never;
        /**
         * Have the clock start a workflow
         * @description Each tick starts one run, whose id follows from the tick, however many servers there are. Workflow and inputs are checked as a             start would.
         */
        post: operations["createSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules/{scheduleId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change a schedule
         * @description What is missing stays as it is; the next time is worked out anew.
         */
        put: operations["putSchedule"];
        post?: never;
        /** Take a schedule away */
        delete: operations["deleteSchedule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The names of the secrets, in their order
         * @description Never their values.
         */
        get: operations["listSecrets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/secrets/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Store a secret, or give it another value
         * @description The value is sealed with the server's key and never shown again: nodes get it by reference.
         */
        put: operations["putSecret"];
        post?: never;
        /**
         * Delete a secret
         * @description Nodes that were given it keep it.
         */
        delete: operations["deleteSecret"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who asks, and how one comes in
         * @description For anyone: `authentication` is `open` where everybody on this machine may do everything, `token` where the server's own token is asked for, `accounts` where one signs in.
         */
        get: operations["getSession"];
        put?: never;
        /**
         * Sign in with a password
         * @description The answer's `accessToken` is sent as a bearer token; a cookie that only this path sees renews it. The same 401 for an unknown user and a wrong password; after several failures 429 with `Retry-After`.
         */
        post: operations["signIn"];
        /**
         * Sign out
         * @description Ends the session of the bearer token, else of the cookie, with everything that is open by it.
         */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with a one-time link
         * @description The link of an invitation, or of a first start: then it makes the first user, an owner. With a password, that is the one to sign in with from now on.
         */
        post: operations["redeemLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/openid": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sign in with OpenID Connect
         * @description Leads a browser to the provider.
         */
        get: operations["leaveForProvider"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/openid/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where the provider leads back to
         * @description Sets the session's cookie and leads to the page.
         */
        get: operations["comeBackFromProvider"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/organization": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Go to another organization of the user
         * @description Access tokens for the one before hold no more.
         */
        put: operations["changeOrganization"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Go on with a session
         * @description Takes the cookie, which is good once, and sets the next one. A cookie that comes a second time ends its session.
         */
        post: operations["refreshSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/statistics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Statistics of the runs that have ended in the last days
         * @description They outlive the runs. Durations are right to within 5 %.
         */
        get: operations["statistics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Many runs over one WebSocket
         * @description Send `{"subscribe":{"runId","after","logAfter"}}`, `{"unsubscribe":{"runId"}}`, `{"subscribeRuns":{"workflow"?,"status"?}}`. Every frame carries `runId`; `runs` tells changes of the list, `error` a refused subscription, and `end` ends one subscription. `{"ping":N}` is answered by `{"type":"pong","ping":N}`.
         */
        get: operations["streamMany"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A ticket for an address
         * @description For WebSockets, event streams and downloads of browsers, which can't send a header: `?ticket=…` on a GET, good once.
         */
        post: operations["makeTicket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The API tokens of the organization */
        get: operations["listTokens"];
        put?: never;
        /**
         * Make an API token
         * @description `read` sees, `append` records and executes, `admin` may do everything an owner may; limited to one workflow or one run where that is set. The secret is shown once.
         */
        post: operations["makeToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{tokenId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an API token
         * @description What is open by it ends.
         */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The members of the organization */
        get: operations["listUsers"];
        put?: never;
        /**
         * Invite somebody
         * @description The first user of all becomes an owner, and ends the free pass of this machine. The link is shown once.
         */
        post: operations["inviteUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{userId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Give a member another role
         * @description 409 for the last owner.
         */
        put: operations["setRole"];
        post?: never;
        /**
         * Take a member out
         * @description Sessions in this organization, tokens made there and what is open by them end. 409 for the last owner.
         */
        delete: operations["removeUser"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{userId}/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A one-time link for a member
         * @description For who has lost the password.
         */
        post: operations["makeLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring a user of another system, with the hash of a password
         * @description The password goes on being good; the first sign-in replaces the hash. An address that has an account already is left as it is. 409 while the organization has no owner, unless this is one.
         */
        post: operations["bringUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Workers that were seen lately, and what they have */
        get: operations["listWorkers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workflows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The stored workflows, newest change first */
        get: operations["listWorkflows"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workflows/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A workflow with its latest version */
        get: operations["getWorkflow"];
        /**
         * Store a workflow, or a new version of it
         * @description The body is the YAML itself, or JSON around it. Faults come all at once, each by the pointer `/line:column`. The name in the file is the name in the path.
         */
        put: operations["putWorkflow"];
        post?: never;
        /**
         * Let a workflow start nothing any more
         * @description Its versions and its runs stay. Storing it again brings it back.
         */
        delete: operations["deleteWorkflow"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workflows/{name}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start a run of a workflow
         * @description The same as `POST /api/v1/runs` with the engine `local`.
         */
        post: operations["startWorkflow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workflows/{name}/statistics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same of one workflow */
        get: operations["workflowStatistics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workflows/{name}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A workflow's versions, newest first
         * @description Those of a deleted workflow too.
         */
        get: operations["listWorkflowVersions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workflows/{name}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A workflow with one of its versions */
        get: operations["getWorkflowVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workflows/{name}/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A workflow's webhooks, oldest first
         * @description Never their addresses.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Make an address that starts runs of a workflow
         * @description Address and signing secret are shown this once.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workflows/{name}/webhooks/{webhookId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Take a webhook away
         * @description Its address is unknown from then on.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the server answers at all */
        get: operations["healthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/hooks/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start a run of the webhook's workflow
         * @description The token is all that is asked for, and a signature where the webhook wants one. A JSON object or a form gives the inputs that the workflow declares; anything else, and everything for a workflow that declares `payload`, is the input `payload`. Headers and payload are kept as the run's trigger, with what looks like a secret masked. An unknown token is a 404, a wrong or missing signature a 401 `not-signed`, more than 10 a second in the long run a 429.
         */
        post: operations["receiveWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/logs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One execution, as AutomateOS gave it
         * @description For older clients; `{id}` is the number that a list has told.
         */
        get: operations["olderExecution"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/logs/cleanup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete runs that ended long ago, as AutomateOS did
         * @description For older clients: a plan and its apply, see `POST /api/v1/cleanup/plans`.
         */
        delete: operations["olderCleanup"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metrics as Prometheus reads them */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether appends and reads work, and what is degraded */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/workflows/{id}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A workflow's executions, newest first, as AutomateOS gave them
         * @description For older clients; `{id}` is the workflow's name. `GET /api/v1/runs` says more.
         */
        get: operations["olderExecutions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/workflows/{id}/logs/count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many executions a workflow has, as AutomateOS gave it
         * @description For older clients; `GET /api/v1/runs/count` counts by any filter.
         */
        get: operations["olderExecutionCount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/workflows/runs/{runId}/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A run's status, as ShipSec Studio gave it
         * @description For older clients; `GET /api/v1/runs/{runId}` says more.
         */
        get: operations["olderRunStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/workflows/runs/{runId}/trace": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The events of a run's nodes, as ShipSec Studio gave them
         * @description For older clients; `GET /api/v1/runs/{runId}/events` gives all events.
         */
        get: operations["olderRunTrace"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
};
export type webhooks = Record<string, never>;
export type components = {
    schemas: {
        /** @description The answer to appended events: all of them are durable. */
        Appended: {
            /** Format: int64 */
            headSeq: number;
            /** @description In the order sent. */
            results: components["schemas"]["EventResult"][];
        };
        /** @description The answer to events appended to many runs. */
        AppendedAcross: {
            /** @description In the order sent. */
            results: components["schemas"]["RunEventResult"][];
            runs: components["schemas"]["RunHeadSeq"][];
        };
        /** @description An artifact as the API shows it, and as its event carries it. */
        Artifact: {
            /** Format: uuid */
            artifactId: string;
            /** Format: int32 */
            attempt?: number | null;
            /** Format: int64 */
            bytes: number;
            /** Format: date-time */
            createdAt: string;
            mediaType: string;
            name: string;
            /** @description Null for the run's own. */
            nodeRef?: string | null;
            /** @description In hexadecimal digits. */
            sha256: string;
        };
        ArtifactPage: {
            artifacts: components["schemas"]["Artifact"][];
            /** @description Null on the last page. */
            nextCursor?: string | null;
        };
        /** @description Something that somebody did. */
        AuditEntry: {
            /** @description Like `secrets.put`, `users.post`, `session.sign-in`, `session.refused`. */
            action: string;
            /** @description `user:…`, `token:…`, `operator`, `anyone` or `nobody`. */
            actor: string;
            address?: string | null;
            /** Format: date-time */
            at: string;
            detail?: unknown;
            subject?: string | null;
        };
        AuditPage: {
            /** @description Newest first. */
            entries: components["schemas"]["AuditEntry"][];
            /** @description Null on the last page. */
            nextCursor?: string | null;
        };
        /**
         * @description How one comes in.
         * @enum {string}
         */
        Authentication: "open" | "token" | "accounts";
        /** @description What came of it. */
        BroughtMember: {
            user?: components["schemas"]["Member"] | null;
        };
        /** @description A user of another system. */
        BroughtUser: {
            email: string;
            name?: string | null;
            /** @description bcrypt: `$2b$12$` and 53 letters, with a cost up to 14. */
            passwordHash: string;
            role: components["schemas"]["Role"];
        };
        CancelAnswer: {
            /** @description True: the run is over. False: its worker was asked to end it. */
            cancelled: boolean;
            runId: string;
        };
        CancelRequest: {
            reason?: string | null;
        };
        /** @description A run that the worker has now. */
        ClaimedRun: {
            cancelRequested: boolean;
            /**
             * Format: int32
             * @description To be sent as `Telltale-Claim` with all that is written about the run.
             */
            claim: number;
            /** Format: int64 */
            headSeq: number;
            runId: string;
            /** @description The workflow's text. */
            source: string;
            /** Format: int32 */
            version: number;
            workflow: string;
        };
        ClaimedRuns: {
            claims: components["schemas"]["ClaimedRun"][];
            /**
             * Format: int64
             * @description How long a claim lasts without a heartbeat.
             */
            leaseMs: number;
        };
        ClaimedSecrets: {
            /** @description The values by their names. */
            secrets: {
                [key: string]: string;
            };
        };
        ClaimList: {
            claims: components["schemas"]["ClaimName"][];
            worker: string;
        };
        /** @description A claim as its worker names it. */
        ClaimName: {
            /** Format: int32 */
            claim: number;
            runId: string;
        };
        /** @description What a worker asks for. */
        ClaimRequest: {
            /** @description What it can execute with; only runs that need nothing else are given. */
            engines: components["schemas"]["WorkerEngine"][];
            /**
             * Format: int32
             * @description 1 to 64.
             */
            limit: number;
            /**
             * Format: int64
             * @description How long to wait for a run, at most 30,000.
             */
            waitMs?: number | null;
            /** @description Its name, 1–128 bytes, which no other worker has. */
            worker: string;
        };
        /**
         * @description How it stands with a claim.
         * @enum {string}
         */
        ClaimState: "held" | "lost" | "cancelling" | "released";
        ClaimStates: {
            /** @description In the order sent. */
            claims: components["schemas"]["ClaimStatus"][];
            /** Format: int64 */
            leaseMs: number;
        };
        /** @description How it stands with a claim. */
        ClaimStatus: {
            /** Format: int32 */
            claim: number;
            runId: string;
            state: components["schemas"]["ClaimState"];
        };
        CleanedUp: {
            /** Format: int64 */
            deleted_count: number;
        };
        /** @description Runs that have ended on a day. */
        DayStatistics: {
            /** Format: int64 */
            cancelled: number;
            /** Format: int64 */
            completed: number;
            /**
             * Format: date
             * @description In UTC.
             */
            day: string;
            /** Format: int64 */
            failed: number;
            /** Format: int64 */
            p50DurationMs?: number | null;
            /** Format: int64 */
            p95DurationMs?: number | null;
            /** Format: int64 */
            runs: number;
        };
        DeclaredNode: {
            needs?: string[] | null;
            nodeRef: string;
        };
        /**
         * @description How new events reach a server.
         * @enum {string}
         */
        Delivery: "notify" | "poll";
        DeliveryPage: {
            deliveries: components["schemas"]["NotificationDelivery"][];
            /** @description Null on the last page. */
            nextCursor?: string | null;
        };
        /** @description The comparison of the runs `a` and `b`. */
        Diff: {
            a: string;
            b: string;
            /** @description The nodes that decided how long the run took, first to last. */
            criticalPath: Record<string, never>;
            durationMs: Record<string, never>;
            /** @description Whether both have the same snapshot. */
            equal: boolean;
            firstDifference?: components["schemas"]["FirstDifference"] | null;
            /** @description Every node of either, in the order of the snapshot. */
            nodes: components["schemas"]["NodeDiff"][];
            status: components["schemas"]["Sides_RunStatus"];
        };
        /**
         * @description Who executes a run.
         * @enum {string}
         */
        Engine: "local" | "external" | "temporal";
        /** @description What went wrong, as far as the fold cares. */
        ErrorFact: {
            code?: string | null;
            details?: Record<string, never> | null;
            message: string;
            type?: string | null;
        };
        /** @description An immutable fact in a run's history. */
        Event: {
            /** Format: int32 */
            attempt?: number | null;
            data?: unknown;
            error?: components["schemas"]["ErrorFact"] | null;
            /** Format: uuid */
            eventId: string;
            /** @description `seq` in decimal. */
            id: string;
            level: components["schemas"]["Level"];
            message?: string | null;
            metadata: {
                [key: string]: unknown;
            };
            nodeRef?: string | null;
            /** Format: date-time */
            occurredAt: string;
            outputSummary?: unknown;
            /** Format: date-time */
            recordedAt: string;
            runId: string;
            /** Format: int64 */
            seq: number;
            type: components["schemas"]["EventType"];
        };
        EventPage: {
            /** @description The run is over and this page ends at its head. */
            ended: boolean;
            events: components["schemas"]["Event"][];
            /** Format: int64 */
            headSeq: number;
        };
        EventPageAcross: {
            events: components["schemas"]["Event"][];
            /** @description Where to go on; there is always one. */
            nextCursor: string;
            /**
             * Format: int64
             * @description How many events between the two cursors were purged before they could be read here.
             */
            purged: number;
        };
        /** @description One event's answer. */
        EventResult: {
            /** Format: uuid */
            eventId: string;
            outcome: components["schemas"]["Outcome"];
            /** Format: int64 */
            seq: number;
        };
        /**
         * @description What kind of fact an event is.
         * @enum {string}
         */
        EventType: "RUN_QUEUED" | "RUN_STARTED" | "RUN_STALE" | "RUN_COMPLETED" | "RUN_FAILED" | "RUN_CANCELLED" | "RUN_TERMINATED" | "RUN_TIMED_OUT" | "NODE_STARTED" | "NODE_PROGRESS" | "NODE_COMPLETED" | "NODE_FAILED" | "NODE_RETRYING" | "NODE_SKIPPED" | "NODE_CANCELLED" | "NODE_AWAITING_INPUT" | "NODE_INPUT_RECEIVED" | "NODE_LOG_CLOSED" | "ARTIFACT_RECORDED" | "HTTP_REQUEST_SENT" | "HTTP_RESPONSE_RECEIVED" | "HTTP_REQUEST_ERROR" | "NOTE";
        /** @description An execution of a workflow. */
        Execution: {
            /** Format: date-time */
            completed_at?: string | null;
            error_message?: string | null;
            /** Format: int64 */
            id: number;
            /** Format: date-time */
            started_at: string;
            status: components["schemas"]["ExecutionStatus"];
            workflow_id?: string | null;
        };
        ExecutionCount: {
            /** Format: int64 */
            count: number;
        };
        /** @description An execution with what went into it and what came out. */
        ExecutionDetail: components["schemas"]["Execution"] & {
            payload?: Record<string, never> | null;
            result?: Record<string, never> | null;
        };
        /** @description A page of them, newest first. */
        Executions: components["schemas"]["Execution"][];
        /**
         * @description The status of an execution.
         * @enum {string}
         */
        ExecutionStatus: "running" | "success" | "failed";
        /** @description Why a run did not complete. */
        Failure: {
            code?: string | null;
            details?: Record<string, never> | null;
            /** @description The node it came from. */
            nodeRef?: string | null;
            reason: string;
        };
        /** @description One thing that is wrong with an input. */
        Fault: {
            detail: string;
            /** @description JSON pointer into the request body. */
            pointer: string;
        };
        /** @description The earliest event of the first run that the second has otherwise, or not at all, or the other way round. */
        FirstDifference: {
            /** @description The event, normalised; null where there is none. */
            a?: Record<string, never> | null;
            b?: Record<string, never> | null;
            /** @description Null for an event of the run itself. */
            nodeRef?: string | null;
            /**
             * Format: int64
             * @description In run `a`, or in `b` where `a` has nothing there.
             */
            seq: number;
            seqs: Record<string, never>;
        };
        /** @description One object a WebSocket message, or the `data` of a server-sent event; `type` tells which fields there are. */
        Frame: {
            /** Format: date-time */
            at?: string | null;
            delivery?: components["schemas"]["Delivery"] | null;
            detail?: string | null;
            events?: components["schemas"]["Event"][] | null;
            /** Format: int64 */
            fromLogSeq?: number | null;
            /** Format: int64 */
            fromSeq?: number | null;
            /** Format: int64 */
            headLogSeq?: number | null;
            /** Format: int64 */
            headSeq?: number | null;
            /** Format: int64 */
            heartbeatMs?: number | null;
            lines?: components["schemas"]["LogLine"][] | null;
            reason?: string | null;
            runId?: string | null;
            runs?: components["schemas"]["RunSummary"][] | null;
            /** Format: int64 */
            seq?: number | null;
            state?: components["schemas"]["RunState"] | null;
            /** @description Of the run with `end`, of the refusal with `error`. */
            status?: unknown;
            /** @description hello, state, events, logs, heartbeat, reset, end; on the multiplexed stream also runs and error. */
            type: string;
        };
        Healthy: {
            status: string;
        };
        HeldClaim: {
            /** Format: int32 */
            claim: number;
            runId: string;
        };
        /** @description What an import has done. */
        Imported: {
            /** Format: int64 */
            artifacts: number;
            /** @description False where the run was here already, the same; true in a dry run where it would be made. */
            created: boolean;
            dryRun: boolean;
            /** Format: int64 */
            events: number;
            /** Format: int64 */
            lines: number;
            runId: string;
            status: components["schemas"]["RunStatus"];
            /** @description Every block, event, line and artifact was checked against its hash. */
            verified: boolean;
        };
        /** @description Whom to invite. */
        Invitation: {
            email: string;
            name?: string | null;
            role: components["schemas"]["Role"];
        };
        /** @description An invited member, and the link to pass on: it signs in once, and is shown once. */
        InvitedMember: {
            signInLink: string;
            user: components["schemas"]["Member"];
        };
        LastRun: {
            runId: string;
            status: components["schemas"]["RunStatus"];
        };
        /**
         * @description How loud an event is.
         * @enum {string}
         */
        Level: "debug" | "info" | "warn" | "error";
        Library: {
            artifacts: components["schemas"]["LibraryArtifact"][];
            /** @description Null on the last page. */
            nextCursor?: string | null;
        };
        /** @description An artifact, with its run. */
        LibraryArtifact: components["schemas"]["Artifact"] & {
            runId: string;
            workflow?: string | null;
        };
        /** @description A one-time link's secret, and what is set with it. */
        LinkSignIn: {
            /** @description Of the first user only, whom nobody has invited. */
            email?: string | null;
            link: string;
            name?: string | null;
            /** @description The password to sign in with from now on. */
            password?: string | null;
        };
        LogClosed: {
            /** Format: int64 */
            headSeq: number;
        };
        LogLine: {
            /** Format: date-time */
            at: string;
            /** Format: int32 */
            attempt: number;
            /** @description base64 of the exact bytes, where they are not UTF-8. */
            bytes?: string | null;
            /** @description False where no line feed followed. */
            eol?: boolean | null;
            /** @description True where the stream had been closed before. */
            late?: boolean | null;
            /** Format: int64 */
            lineNo: number;
            /** Format: int64 */
            logSeq: number;
            nodeRef: string;
            stream: components["schemas"]["LogStream"];
            text: string;
        };
        LogPage: {
            /** @description The page reaches the head, and every stream that fits the filter is closed. */
            complete: boolean;
            lines: components["schemas"]["LogLine"][];
            /**
             * Format: int64
             * @description Where to go on, also when there is nothing more yet.
             */
            nextAfter: number;
            /**
             * Format: int64
             * @description Where to go on backwards, as `before`; 1 at the beginning.
             */
            nextBefore: number;
            /** @description Why the page ends there: it is full, its time was up, or there is nothing more. */
            stopped: components["schemas"]["Stopped"];
        };
        LogsAppended: {
            /** Format: int64 */
            accepted: number;
            /** Format: int64 */
            duplicates: number;
            /** Format: int64 */
            headLogSeq: number;
        };
        /**
         * @description Which of a process's two outputs.
         * @enum {string}
         */
        LogStream: "stdout" | "stderr";
        LogStreamName: {
            /** Format: int32 */
            attempt?: number | null;
            nodeRef: string;
            stream: components["schemas"]["LogStream"];
        };
        /** @description A notification that was just made, with what is shown this once. */
        MadeNotification: components["schemas"]["Notification"] & {
            /** @description `whsec_…`: what messages are signed with, as Standard Webhooks has it. */
            secret: string;
        };
        /** @description A new token, with the secret that is shown this once. */
        MadeToken: components["schemas"]["Token"] & {
            token: string;
        };
        /** @description A webhook that was just made: what is in it is shown this once. */
        MadeWebhook: {
            description?: string | null;
            hmac: boolean;
            /** @description `whsec_…`; null where requests need no signature. */
            hmacSecret?: string | null;
            token: string;
            /** @description `/hooks/<token>`, below the server's own address. */
            url: string;
            /** Format: uuid */
            webhookId: string;
            workflow: string;
        };
        /** @description A member of the organization. */
        Member: {
            /**
             * Format: date-time
             * @description Null in the answer that makes it.
             */
            createdAt?: string | null;
            email: string;
            /** @description Has signed in before: not only invited. */
            joined: boolean;
            name?: string | null;
            role: components["schemas"]["Role"];
            /** Format: uuid */
            userId: string;
        };
        MemberList: {
            /** @description By e-mail. */
            users: components["schemas"]["Member"][];
        };
        /** @description An organization, and what the user is there. */
        Membership: {
            name: string;
            /** Format: uuid */
            organizationId: string;
            /** @description The user's own, which nobody can join. */
            personal: boolean;
            role: components["schemas"]["Role"];
        };
        /** @description An event on its way in. */
        NewEvent: {
            /** Format: int32 */
            attempt?: number | null;
            data?: unknown;
            error?: components["schemas"]["ErrorFact"] | null;
            /**
             * Format: uuid
             * @description The idempotency key; generated when missing.
             */
            eventId?: string | null;
            level?: components["schemas"]["Level"] | null;
            message?: string | null;
            metadata?: {
                [key: string]: unknown;
            } | null;
            /** @description Needed for events about a node. */
            nodeRef?: string | null;
            /** Format: date-time */
            occurredAt?: string | null;
            outputSummary?: unknown;
            /** @description Needed where the path names no run. */
            runId?: string | null;
            type: components["schemas"]["EventType"];
        };
        /** @description An output line on its way in: `text` or `bytes`. */
        NewLogLine: {
            /** Format: date-time */
            at?: string | null;
            /** Format: int32 */
            attempt?: number | null;
            /** @description base64, for what is not UTF-8. */
            bytes?: string | null;
            eol?: boolean | null;
            /**
             * Format: int64
             * @description From 1 in its node, attempt and stream: makes a repeat safe.
             */
            lineNo?: number | null;
            nodeRef: string;
            stream: components["schemas"]["LogStream"];
            text?: string | null;
        };
        /** @description A notification to be. */
        NewNotification: {
            description?: string | null;
            /** @description True unless given. */
            enabled?: boolean | null;
            /** @description Told are runs that get one of these. */
            statuses: components["schemas"]["RunStatus"][];
            /** @description Where messages are posted to. */
            url: string;
            /** @description Only runs of this workflow. */
            workflow?: string | null;
        };
        /** @description What a new organization is called. */
        NewOrganization: {
            name: string;
        };
        /** @description Which runs are to go; what is said must all fit, and something must be said. */
        NewPlan: {
            /**
             * Format: int32
             * @description Not the newest so many of each workflow.
             */
            keepLatest?: number | null;
            /**
             * Format: int32
             * @description Ended longer ago than this.
             */
            olderThanDays?: number | null;
            runId?: string | null;
            /** @description In one of these statuses, all of which are ends. */
            status?: components["schemas"]["RunStatus"][] | null;
            what?: components["schemas"]["What"] | null;
            workflow?: string | null;
        };
        /** @description A run to be started or registered. */
        NewRun: {
            engine: components["schemas"]["Engine"];
            inputs?: unknown;
            labels?: {
                [key: string]: string;
            } | null;
            nodes?: components["schemas"]["DeclaredNode"][] | null;
            /**
             * Format: int32
             * @description With `local`: -100 to 100, higher first; the workflow's own when missing.
             */
            priority?: number | null;
            /** @description Generated as `run-<uuidv7>` when missing. */
            runId?: string | null;
            /**
             * Format: int32
             * @description With `local` this and `nodes` come from the workflow.
             */
            totalActions?: number | null;
            trigger?: unknown;
            /**
             * Format: int32
             * @description With `local`: of the stored workflow; the latest when missing.
             */
            version?: number | null;
            workflow: string;
        };
        /** @description A schedule to be. */
        NewSchedule: {
            /** @description Minute, hour, day, month, weekday; or @hourly, @daily, @weekly, @monthly, @yearly. */
            cron: string;
            /** @description True unless given. */
            enabled?: boolean | null;
            inputs?: Record<string, never> | null;
            /** @description What becomes of ticks that came while no server was there; `skip` unless given. */
            missed?: string | null;
            /** @description Such as Europe/Berlin; UTC unless given. */
            timeZone?: string | null;
            /** @description A stored workflow. */
            workflow: string;
        };
        /** @description A secret's value, on its way in only. */
        NewSecret: {
            /** @description 4 bytes to 48 KiB of text without U+0000. */
            value: string;
        };
        /** @description A run of a stored workflow to be started. */
        NewStart: {
            inputs?: unknown;
            labels?: {
                [key: string]: string;
            } | null;
            /** Format: int32 */
            priority?: number | null;
            runId?: string | null;
            trigger?: unknown;
            /** Format: int32 */
            version?: number | null;
        };
        /** @description What a token shall be. */
        NewToken: {
            /** Format: date-time */
            expiresAt?: string | null;
            name: string;
            /** @description Limits it to this run. */
            runId?: string | null;
            scopes: components["schemas"]["Scope"][];
            /** @description Limits it to runs of this workflow. */
            workflow?: string | null;
        };
        /** @description A webhook to be; everything may be left out. */
        NewWebhook: {
            description?: string | null;
            /** @description Whether requests must be signed; false unless given. */
            hmac?: boolean | null;
        };
        /** @description A workflow's text, where it does not come as YAML itself. */
        NewWorkflow: {
            /** @description The YAML. */
            source: string;
        };
        /** @description Events of a node, by what catches the eye. */
        NodeCounts: {
            /** Format: int64 */
            artifacts: number;
            /** Format: int64 */
            errors: number;
            /** Format: int64 */
            events: number;
            /** Format: int64 */
            warnings: number;
        };
        NodeDiff: {
            a?: components["schemas"]["NodeSide"] | null;
            b?: components["schemas"]["NodeSide"] | null;
            /** @description `presence`, `status`, `attempts`, `events`: what differs. Durations differ always. */
            changed: string[];
            nodeRef: string;
        };
        /** @description A person's answer to a node that waits. */
        NodeInput: {
            /** @description True when missing. */
            approved?: boolean | null;
            by?: string | null;
            comment?: string | null;
            /** @description What the node's form asks for. */
            data?: Record<string, never> | null;
        };
        NodeInputAnswer: {
            approved: boolean;
            nodeRef: string;
            runId: string;
        };
        /**
         * @description What a node does.
         * @enum {string}
         */
        NodeKind: "run" | "approval" | "workflow";
        /** @description How far a node says it is. */
        NodeProgress: {
            /** Format: int64 */
            completed: number;
            /** Format: int64 */
            total?: number | null;
        };
        NodeSide: {
            /** Format: int32 */
            attempts: number;
            /**
             * Format: int64
             * @description From the first attempt's start to the last one's end.
             */
            durationMs?: number | null;
            status: components["schemas"]["NodeStatus"];
        };
        /** @description The state of a node. */
        NodeState: {
            /** Format: int32 */
            attempt: number;
            /** Format: date-time */
            completedAt?: string | null;
            counts: components["schemas"]["NodeTotals"];
            error?: components["schemas"]["ErrorFact"] | null;
            /** @description The last line of the current attempt's output. */
            lastLogLine?: string | null;
            message?: string | null;
            needs: string[];
            nodeRef: string;
            progress?: components["schemas"]["NodeProgress"] | null;
            /** Format: date-time */
            startedAt?: string | null;
            status: components["schemas"]["NodeStatus"];
        };
        /**
         * @description Where a node is in its current attempt.
         * @enum {string}
         */
        NodeStatus: "PENDING" | "RUNNING" | "RETRYING" | "AWAITING_INPUT" | "COMPLETED" | "FAILED" | "SKIPPED" | "CANCELLED";
        /** @description A node as people look it up. */
        NodeSummary: {
            /** @description It runs after all others. */
            finally: boolean;
            image?: string | null;
            kind: components["schemas"]["NodeKind"];
            /** @description It stands for as many nodes as its matrix has combinations. */
            matrix: boolean;
            needs: string[];
            nodeRef: string;
            /** @description The workflow that it calls. */
            workflow?: string | null;
        };
        /** @description What a node has produced. */
        NodeTotals: components["schemas"]["NodeCounts"] & {
            /** Format: int64 */
            logLines: number;
        };
        /** @description A notification as it may be seen. */
        Notification: {
            /** Format: date-time */
            createdAt: string;
            description?: string | null;
            /** @description Why the server has disabled it. */
            disabledReason?: string | null;
            enabled: boolean;
            /**
             * Format: date-time
             * @description Since when nothing was delivered; null while all is well.
             */
            failingSince?: string | null;
            /** Format: uuid */
            notificationId: string;
            statuses: components["schemas"]["RunStatus"][];
            /** Format: date-time */
            updatedAt: string;
            url: string;
            workflow?: string | null;
        };
        /** @description What to change about a notification; what is missing stays as it is, and an empty workflow or description is none. */
        NotificationChange: {
            description?: string | null;
            enabled?: boolean | null;
            statuses?: components["schemas"]["RunStatus"][] | null;
            url?: string | null;
            workflow?: string | null;
        };
        /** @description A message to one receiver. */
        NotificationDelivery: {
            /** Format: int32 */
            attempts: number;
            /** Format: date-time */
            createdAt: string;
            /**
             * Format: uuid
             * @description What the receiver knows it by: `webhook-id`.
             */
            deliveryId: string;
            error?: string | null;
            /** Format: date-time */
            lastAttemptAt?: string | null;
            /** Format: date-time */
            nextAttemptAt?: string | null;
            /**
             * Format: int32
             * @description Of the last answer; null where there was none.
             */
            responseStatus?: number | null;
            /** @description Null for a test. */
            runId?: string | null;
            state: string;
            /** @description The run's status that it tells, or TEST. */
            status: string;
        };
        NotificationList: {
            notifications: components["schemas"]["Notification"][];
        };
        OlderFailure: {
            details?: Record<string, never> | null;
            reason: string;
            temporalCode?: string | null;
        };
        /** @description The status of a run. */
        OlderStatus: {
            /** Format: date-time */
            completedAt?: string | null;
            failure?: components["schemas"]["OlderFailure"] | null;
            /** Format: int64 */
            historyLength: number;
            progress: components["schemas"]["Progress"];
            runId: string;
            /** Format: date-time */
            startedAt: string;
            status: components["schemas"]["RunStatus"];
            taskQueue: string;
            /** Format: date-time */
            updatedAt: string;
            workflowId?: string | null;
        };
        /** @description A session that has begun or goes on: what to send as a bearer token, and who that is. */
        OpenedSession: components["schemas"]["Session"] & {
            accessToken: string;
            /** Format: int64 */
            expiresInSeconds: number;
        };
        /** @description An organization. */
        Organization: {
            name: string;
            /** Format: uuid */
            organizationId: string;
        };
        /** @description Where the session shall go on. */
        OrganizationChoice: {
            /** Format: uuid */
            organizationId: string;
        };
        OrganizationList: {
            organizations: components["schemas"]["Membership"][];
        };
        /**
         * @description What became of an event.
         * @enum {string}
         */
        Outcome: "accepted" | "duplicate" | "late";
        /** @description What a workflow's text says. */
        ParsedWorkflow: {
            /** Format: int32 */
            concurrency?: number | null;
            description?: string | null;
            /** @description What a worker must have. */
            engines: string[];
            /** @description The JSON Schema of a run's inputs. */
            inputs: Record<string, never>;
            nodes: components["schemas"]["NodeSummary"][];
            /** Format: int32 */
            priority: number;
        };
        /** @description One part that a working server leans on. */
        Part: {
            name: string;
            /** @description Why it is not `ok`. */
            reason?: string | null;
            state: components["schemas"]["PartState"];
        };
        /**
         * @description How a part is: `down` answers 503, `degraded` is only told.
         * @enum {string}
         */
        PartState: "ok" | "degraded" | "down";
        /** @description What a plan comes to, or has come to. */
        PlanCounts: {
            /** Format: int64 */
            artifacts: number;
            /**
             * Format: int64
             * @description Of lines and artifacts.
             */
            bytes: number;
            /** Format: int64 */
            events: number;
            /** Format: int64 */
            lines: number;
            /** Format: int64 */
            runs: number;
        };
        /** @description A plan of deletion. */
        PlanDetail: components["schemas"]["PlanCounts"] & {
            /** Format: date-time */
            createdAt: string;
            criteria: Record<string, never>;
            done: components["schemas"]["PlanCounts"];
            /** Format: date-time */
            expiresAt: string;
            /** Format: date-time */
            finishedAt?: string | null;
            /** Format: uuid */
            planId: string;
            /** @description The first runs of the set. */
            sample: string[];
            state: components["schemas"]["ShownState"];
            what: components["schemas"]["What"];
        };
        PlanPage: {
            plans: components["schemas"]["PlanDetail"][];
        };
        /** @description RFC 9457 problem details. */
        Problem: {
            detail: string;
            /** @description What is wrong with an input, each by its JSON pointer, `?parameter` or header. */
            errors?: components["schemas"]["Fault"][];
            /**
             * Format: int64
             * @description With a 409 for log lines: the line number that would follow.
             */
            expected?: number | null;
            /** Format: int32 */
            status: number;
            title: string;
            type: string;
        };
        /** @description Counters over the nodes of a run. */
        Progress: {
            /** Format: int32 */
            completedActions: number;
            /** Format: int32 */
            totalActions: number;
        };
        /** @description What a deletion came to. */
        Purged: components["schemas"]["PlanCounts"] & {
            /** Format: uuid */
            planId: string;
        };
        /** @description Runs of a workflow that this installation's workers execute and that are not over. */
        QueueCounts: {
            /**
             * Format: int64
             * @description … or have one.
             */
            claimed: number;
            /**
             * Format: int64
             * @description They wait for a worker …
             */
            waiting: number;
        };
        Ready: {
            parts: components["schemas"]["Part"][];
            status: components["schemas"]["PartState"];
        };
        Received: {
            runId: string;
        };
        /** @description The run that a bundle is played as. */
        Replayed: {
            runId: string;
            /** Format: double */
            speed: number;
        };
        RerunAnswer: {
            /** @description Of the new run. */
            runId: string;
        };
        RerunRequest: {
            /** @description From this node on; those before it keep what they left. */
            fromNode?: string | null;
            /** @description In place of the inputs of the same names. */
            inputs?: Record<string, never> | null;
        };
        Retention: {
            policies: components["schemas"]["RetentionPolicy"][];
        };
        /** @description How long runs are kept. */
        RetentionPolicy: {
            /**
             * Format: int64
             * @description So many days after their end.
             */
            keepDays?: number | null;
            /**
             * Format: int64
             * @description Those that failed, where that is longer than `keepDays`.
             */
            keepFailedDays?: number | null;
            /**
             * Format: int64
             * @description And as long as they are among the newest so many of their workflow.
             */
            keepLatest?: number | null;
            /**
             * Format: int64
             * @description The lines and artifacts of all of them, however much longer the runs themselves are kept.
             */
            keepResultsDays?: number | null;
            /** Format: uuid */
            policyId?: string | null;
            /** @description Null: of all workflows that have no policy of their own. */
            workflow?: string | null;
        };
        /**
         * @description What a user is in an organization.
         * @enum {string}
         */
        Role: "viewer" | "member" | "owner";
        /** @description What a member shall be. */
        RoleChange: {
            role: components["schemas"]["Role"];
        };
        RunCount: {
            /** @description There are more than that. */
            atLeast: boolean;
            /** Format: int64 */
            count: number;
        };
        RunEventResult: components["schemas"]["EventResult"] & {
            runId: string;
        };
        RunHeadSeq: {
            /** Format: int64 */
            headSeq: number;
            runId: string;
        };
        RunPage: {
            /** @description Null on the last page. */
            nextCursor?: string | null;
            runs: components["schemas"]["RunSummary"][];
        };
        /** @description The state of a run. */
        RunState: {
            /** Format: date-time */
            completedAt?: string | null;
            engine?: string | null;
            failure?: components["schemas"]["Failure"] | null;
            /** Format: int64 */
            headSeq: number;
            inputs?: Record<string, never> | null;
            labels: {
                [key: string]: string;
            };
            nodes: components["schemas"]["NodeState"][];
            progress: components["schemas"]["Progress"];
            /** Format: date-time */
            queuedAt?: string | null;
            result?: Record<string, never> | null;
            runId: string;
            /** Format: date-time */
            startedAt?: string | null;
            status: components["schemas"]["RunStatus"];
            trigger?: Record<string, never> | null;
            /** Format: date-time */
            updatedAt?: string | null;
            workflow?: string | null;
        };
        /**
         * @description Where a run is.
         * @enum {string}
         */
        RunStatus: "QUEUED" | "RUNNING" | "AWAITING_INPUT" | "COMPLETED" | "FAILED" | "CANCELLED" | "TERMINATED" | "TIMED_OUT" | "STALE";
        /** @description A run in the list. */
        RunSummary: {
            /** Format: date-time */
            completedAt?: string | null;
            engine?: string | null;
            failure?: components["schemas"]["Failure"] | null;
            /** Format: int64 */
            headSeq: number;
            labels: Record<string, never>;
            progress: components["schemas"]["Progress"];
            /** Format: date-time */
            queuedAt?: string | null;
            /**
             * Format: date-time
             * @description When the server first heard of the run, in whole milliseconds: the list is in this order.
             */
            registeredAt: string;
            runId: string;
            /** Format: date-time */
            startedAt?: string | null;
            status: components["schemas"]["RunStatus"];
            trigger?: Record<string, never> | null;
            /** Format: date-time */
            updatedAt?: string | null;
            workflow?: string | null;
        };
        /** @description A schedule. */
        Schedule: {
            /** Format: date-time */
            createdAt: string;
            cron: string;
            enabled: boolean;
            inputs?: Record<string, never> | null;
            /**
             * Format: date-time
             * @description Its last tick.
             */
            lastAt?: string | null;
            /** @description Why its last tick has started no run. */
            lastError?: string | null;
            lastRunId?: string | null;
            missed: string;
            /**
             * Format: date-time
             * @description Null while it is disabled.
             */
            nextAt?: string | null;
            /** Format: uuid */
            scheduleId: string;
            timeZone: string;
            /** Format: date-time */
            updatedAt: string;
            workflow: string;
        };
        /** @description What to change about a schedule; what is missing stays as it is. */
        ScheduleChange: {
            cron?: string | null;
            enabled?: boolean | null;
            inputs?: Record<string, never> | null;
            missed?: string | null;
            timeZone?: string | null;
            workflow?: string | null;
        };
        ScheduleList: {
            schedules: components["schemas"]["Schedule"][];
        };
        /**
         * @description What an API token may be used for.
         * @enum {string}
         */
        Scope: "append" | "read" | "admin";
        /** @description A secret as it may be seen. */
        Secret: {
            /** Format: date-time */
            createdAt: string;
            name: string;
            /** Format: date-time */
            updatedAt: string;
        };
        SecretPage: {
            /** @description Where to go on; null on the last page. */
            nextAfter?: string | null;
            secrets: components["schemas"]["Secret"][];
        };
        /** @description What a worker asks for. */
        SecretsClaim: {
            /**
             * Format: int32
             * @description The number of the claim that the worker holds.
             */
            claim: number;
            names: string[];
            runId: string;
        };
        /** @description Who asks, and how one comes in. */
        Session: {
            authentication: components["schemas"]["Authentication"];
            openIdConnect?: components["schemas"]["SignInProvider"] | null;
            organization?: components["schemas"]["Organization"] | null;
            /** @description Where the user is a member, the personal organization last. */
            organizations: components["schemas"]["Membership"][];
            role?: components["schemas"]["Role"] | null;
            /** @description Whether a user is signed in, or a token was sent that holds. */
            signedIn: boolean;
            user?: components["schemas"]["User"] | null;
        };
        /**
         * @description Where a plan is.
         * @enum {string}
         */
        ShownState: "planned" | "applying" | "applied" | "failed" | "expired";
        /** @description What two runs have of the same thing. */
        Sides_RunStatus: {
            /**
             * @description Where a run is.
             * @enum {string}
             */
            a: "QUEUED" | "RUNNING" | "AWAITING_INPUT" | "COMPLETED" | "FAILED" | "CANCELLED" | "TERMINATED" | "TIMED_OUT" | "STALE";
            /**
             * @description Where a run is.
             * @enum {string}
             */
            b: "QUEUED" | "RUNNING" | "AWAITING_INPUT" | "COMPLETED" | "FAILED" | "CANCELLED" | "TERMINATED" | "TIMED_OUT" | "STALE";
        };
        SignedUrl: {
            /** Format: int64 */
            expiresInSeconds: number;
            url: string;
        };
        /** @description What signs in. */
        SignIn: {
            email: string;
            password: string;
        };
        SignInLink: {
            signInLink: string;
        };
        /** @description A way to sign in that is no password. */
        SignInProvider: {
            name: string;
        };
        /** @description Runs that are over, over some days. */
        Statistics: {
            /** Format: int64 */
            cancelled: number;
            /** Format: int64 */
            completed: number;
            /** @description Days on which a run has ended, oldest first. */
            days: components["schemas"]["DayStatistics"][];
            /** Format: int64 */
            failed: number;
            /**
             * Format: int64
             * @description Right to within 5 %, as all durations here.
             */
            p50DurationMs?: number | null;
            /** Format: int64 */
            p95DurationMs?: number | null;
            /** Format: int64 */
            runs: number;
            /**
             * Format: double
             * @description Completed ones among those that completed or failed, 0 to 1; null where there are none.
             */
            successRate?: number | null;
        };
        /**
         * @description Why a page ends where it does.
         * @enum {string}
         */
        Stopped: "limit" | "time" | "end";
        TestSent: {
            /** Format: uuid */
            deliveryId: string;
        };
        /** @description To be put behind an address as `?ticket=…`. */
        Ticket: {
            /** Format: int64 */
            expiresInSeconds: number;
            ticket: string;
        };
        /** @description A token as it may be seen. */
        Token: {
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            expiresAt?: string | null;
            /** Format: date-time */
            lastUsedAt?: string | null;
            name: string;
            /** @description How it begins. */
            prefix: string;
            runId?: string | null;
            scopes: components["schemas"]["Scope"][];
            /** Format: uuid */
            tokenId: string;
            workflow?: string | null;
        };
        TokenList: {
            /** @description Newest first. */
            tokens: components["schemas"]["Token"][];
        };
        /** @description What is left of a purged run. */
        TombstoneDetail: {
            /** @description The hash of its last event, in hexadecimal digits. */
            headHash: string;
            /** Format: int64 */
            headSeq: number;
            /** Format: uuid */
            planId: string;
            /** Format: date-time */
            purgedAt: string;
            runId: string;
            status: components["schemas"]["RunStatus"];
            workflow?: string | null;
        };
        /** @description What happened to a run's nodes. */
        Trace: {
            /** @description Of the last event, to go on behind it; missing where there is none. */
            cursor?: string | null;
            events: components["schemas"]["TraceEvent"][];
            runId: string;
        };
        TraceEvent: {
            data?: Record<string, never> | null;
            error?: Record<string, never> | null;
            /** @description The seq in decimal. */
            id: string;
            level: components["schemas"]["Level"];
            message?: string | null;
            metadata?: Record<string, never> | null;
            nodeId: string;
            outputSummary?: Record<string, never> | null;
            runId: string;
            /** Format: date-time */
            timestamp: string;
            type: string;
        };
        /** @description A user. */
        User: {
            email: string;
            name?: string | null;
            /** Format: uuid */
            userId: string;
        };
        VersionPage: {
            /**
             * Format: int32
             * @description `before` of the next page; null on the last one.
             */
            nextBefore?: number | null;
            versions: components["schemas"]["VersionSummary"][];
        };
        VersionSummary: {
            /** Format: date-time */
            createdAt: string;
            description?: string | null;
            /** Format: int32 */
            nodeCount: number;
            /** Format: int32 */
            version: number;
        };
        /** @description A webhook as it may be seen. */
        Webhook: {
            /** Format: date-time */
            createdAt: string;
            description?: string | null;
            /** @description Whether requests must be signed. */
            hmac: boolean;
            lastRunId?: string | null;
            /** Format: date-time */
            lastUsedAt?: string | null;
            /** Format: uuid */
            webhookId: string;
            workflow: string;
        };
        WebhookList: {
            webhooks: components["schemas"]["Webhook"][];
        };
        /**
         * @description What of the runs that fit goes.
         * @enum {string}
         */
        What: "runs" | "results" | "logs" | "artifacts";
        /**
         * @description What executes nodes.
         * @enum {string}
         */
        WorkerEngine: "docker" | "process";
        WorkerPage: {
            workers: components["schemas"]["WorkerSummary"][];
        };
        /** @description A worker that was seen lately or has claims. */
        WorkerSummary: {
            claims: components["schemas"]["HeldClaim"][];
            engines: components["schemas"]["WorkerEngine"][];
            /**
             * Format: int64
             * @description When it last spoke to this server; null for one that speaks to another.
             */
            seenMsAgo?: number | null;
            worker: string;
        };
        /** @description A workflow with one of its versions. */
        WorkflowDetail: (components["schemas"]["ParsedWorkflow"] | null) & {
            /** Format: date-time */
            createdAt: string;
            /** @description It starts nothing any more. */
            deleted: boolean;
            /** @description What is wrong with the text as this server reads it; everything below is missing then. */
            fault?: string | null;
            /** Format: int32 */
            latestVersion: number;
            name: string;
            /** @description The text as it was stored. */
            source: string;
            /**
             * Format: date-time
             * @description When its latest version was stored.
             */
            updatedAt: string;
            /** Format: int32 */
            version: number;
            /** Format: date-time */
            versionCreatedAt: string;
        };
        WorkflowPage: {
            /** @description Null on the last page. */
            nextCursor?: string | null;
            workflows: components["schemas"]["WorkflowSummary"][];
        };
        /** @description A workflow in the list. */
        WorkflowSummary: {
            counts: components["schemas"]["QueueCounts"];
            /** Format: date-time */
            createdAt: string;
            description?: string | null;
            lastRun?: components["schemas"]["LastRun"] | null;
            name: string;
            /** Format: int32 */
            nodeCount: number;
            /** Format: date-time */
            updatedAt: string;
            /** Format: int32 */
            version: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
};
export type $defs = Record<string, never>;
export interface operations {
    listLibrary: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description Size of the page */
                limit?: number;
                /** @description Whose name holds this text */
                q?: string;
                /** @description Of runs of this workflow */
                workflow?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of artifacts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Library"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description Where the page before ended */
                cursor?: string;
                /** @description Size of the page */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    claimRuns: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClaimRequest"];
            };
        };
        responses: {
            /** @description The runs that the worker has now, perhaps none */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClaimedRuns"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    keepClaims: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClaimList"];
            };
        };
        responses: {
            /** @description How it stands with each claim */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClaimStates"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releaseClaims: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClaimList"];
            };
        };
        responses: {
            /** @description What became of each claim: `released` or `lost` */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClaimStates"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    claimSecrets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecretsClaim"];
            };
        };
        responses: {
            /** @description All values that were asked for */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClaimedSecrets"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCleanupPlans: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Up to 100 plans */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanPage"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    planCleanup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPlan"];
            };
        };
        responses: {
            /** @description The plan */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDetail"];
                };
            };
            /** @description The run is not over */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCleanupPlan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                planId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The plan */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDetail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    applyCleanupPlan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                planId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It goes on */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDetail"];
                };
            };
            /** @description The set has changed, or the plan has expired */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readEventsAcross: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before; opaque, and valid in this installation only */
                cursor?: string;
                /** @description Size of the page */
                limit?: number;
                /** @description Of these types; repeated or with commas */
                type?: components["schemas"]["EventType"][];
                /** @description Seconds to wait for an event */
                wait?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPageAcross"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    appendEventsAcross: {
        parameters: {
            query?: {
                /** @description Runs that this makes take their place by the time of their first event; needs the right to edit */
                historic?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewEvent"] | components["schemas"]["NewEvent"][];
                "application/x-ndjson": components["schemas"]["NewEvent"];
            };
        };
        responses: {
            /** @description What became of each event, in the order sent */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppendedAcross"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    importRun: {
        parameters: {
            query?: {
                /** @description Check it, and write nothing */
                dryRun?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/vnd.telltale.bundle": unknown;
            };
        };
        responses: {
            /** @description It was here already, the same; or a dry run */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Imported"];
                };
            };
            /** @description Imported */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Imported"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listNotifications: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationList"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createNotification: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewNotification"];
            };
        };
        responses: {
            /** @description Made; its secret is shown this once */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeNotification"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putNotification: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                notificationId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NotificationChange"];
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Notification"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteNotification: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                notificationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description Size of the page */
                limit?: number;
            };
            header?: never;
            path: {
                notificationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryPage"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testNotification: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                notificationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It will be sent */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestSent"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listOrganizations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The personal one last */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrganizationList"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    makeOrganization: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewOrganization"];
            };
        };
        responses: {
            /** @description The organization */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayRun: {
        parameters: {
            query?: {
                /** @description How many times faster */
                speed?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/vnd.telltale.bundle": unknown;
            };
        };
        responses: {
            /** @description It begins */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replayed"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRetention: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The policies */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Retention"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putRetention: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Retention"];
            };
        };
        responses: {
            /** @description The policies */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Retention"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRuns: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description `key:value`, repeated: all must be there */
                label?: string[];
                /** @description Size of the page */
                limit?: number;
                /** @description Text within run id, workflow or failure */
                q?: string;
                /** @description Registered at this time or later */
                since?: string;
                /** @description In one of these statuses; repeated or with commas */
                status?: components["schemas"]["RunStatus"][];
                /** @description Started by one of these: a trigger's `type`, such as `schedule`; repeated or with commas */
                trigger?: string[];
                /** @description Registered before this time */
                until?: string;
                /** @description Of this workflow */
                workflow?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of runs */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunPage"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createRun: {
        parameters: {
            query?: never;
            header?: {
                /** @description A repeat with the same key answers with the first one's run */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRun"];
            };
        };
        responses: {
            /** @description The run, which was there already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunState"];
                };
            };
            /** @description The new run */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunState"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRun: {
        parameters: {
            query?: {
                /** @description As of this event */
                atSeq?: number;
            };
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunState"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Purged"];
                };
            };
            /** @description It is on its way */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Purged"];
                };
            };
            /** @description The run is not over */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listArtifacts: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description Size of the page */
                limit?: number;
                /** @description Of this node */
                nodeRef?: string;
            };
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of artifacts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ArtifactPage"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    uploadArtifact: {
        parameters: {
            query?: {
                /** @description The node's attempt, 1 unless given */
                attempt?: number;
                /** @description Of a content that is not of its type: `keep` stores it as application/octet-stream, which its event says */
                mislabelled?: "refuse" | "keep";
                /** @description 1 to 512 bytes without control characters; never becomes a path; needed */
                name?: string;
                /** @description The node that left it; without one it is the run's own */
                nodeRef?: string;
            };
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description It was stored already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Artifact"];
                };
            };
            /** @description Stored */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Artifact"];
                };
            };
            /** @description It is not of the type that it is declared to be */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    downloadArtifact: {
        parameters: {
            query?: {
                /** @description To be looked at in a page: text as text/plain, its first MiB; images as they are */
                preview?: boolean;
                /** @description Instead of the bytes `{url, expiresInSeconds}`, where they can be fetched from without a token; 404 `no-presigned-url` where the store has no such */
                url?: boolean;
            };
            header?: {
                /** @description Nothing when it has this tag */
                "If-None-Match"?: string;
                /** @description The range only of the version with this tag, else the whole */
                "If-Range"?: string;
                /** @description One range of bytes */
                Range?: string;
            };
            path: {
                artifactId: string;
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description Those of the range */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description It has the tag of If-None-Match */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The range begins behind the end */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportRun: {
        parameters: {
            query?: {
                /** @description A page that opens without a server instead, with what a browser shows at ease */
                html?: boolean;
            };
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bundle */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.telltale.bundle": string;
                    "text/html": string;
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["CancelRequest"];
            };
        };
        responses: {
            /** @description Cancelled, or asked for */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CancelAnswer"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    diffRuns: {
        parameters: {
            query?: {
                /** @description The id of the run to compare with; needed */
                with?: string;
            };
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The comparison */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Diff"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readEvents: {
        parameters: {
            query?: {
                /** @description Behind this seq */
                after?: number;
                /** @description Of these levels; repeated or with commas */
                level?: components["schemas"]["Level"][];
                /** @description Size of the page */
                limit?: number;
                /** @description Of this node */
                nodeRef?: string;
                /** @description Of these types; repeated or with commas */
                type?: components["schemas"]["EventType"][];
                /** @description Seconds to wait for an event */
                wait?: number;
            };
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    appendEvents: {
        parameters: {
            query?: never;
            header?: {
                /** @description A worker's claim of the run: 409 `claim-lost` once there is another, or the run is over */
                "Telltale-Claim"?: number;
            };
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewEvent"] | components["schemas"]["NewEvent"][];
                "application/x-ndjson": components["schemas"]["NewEvent"];
            };
        };
        responses: {
            /** @description What became of each event, in the order sent */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Appended"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readLogs: {
        parameters: {
            query?: {
                /** @description Behind this logSeq */
                after?: number;
                /** @description Of this attempt */
                attempt?: number;
                /** @description Before this logSeq; without `after` the last ones there */
                before?: number;
                /** @description Lines that look like this level or worse */
                level?: components["schemas"]["Level"];
                /** @description Size of the page */
                limit?: number;
                /** @description Of this node */
                nodeRef?: string;
                /** @description Holding this text, or matching `/a regular expression/`, in the line's bytes */
                q?: string;
                /** @description Of this stream */
                stream?: components["schemas"]["LogStream"];
                /** @description The last so many instead of the first */
                tail?: number;
            };
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of lines */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogPage"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    appendLogs: {
        parameters: {
            query?: never;
            header?: {
                /** @description A worker's claim of the run: 409 `claim-lost` once there is another, or the run is over */
                "Telltale-Claim"?: number;
            };
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewLogLine"] | components["schemas"]["NewLogLine"][];
                "application/x-ndjson": components["schemas"]["NewLogLine"];
            };
        };
        responses: {
            /** @description Durable */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogsAppended"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    closeLog: {
        parameters: {
            query?: never;
            header?: {
                /** @description A worker's claim of the run: 409 `claim-lost` once there is another, or the run is over */
                "Telltale-Claim"?: number;
            };
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LogStreamName"];
            };
        };
        responses: {
            /** @description Closed, with a NODE_LOG_CLOSED event */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogClosed"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    downloadLogs: {
        parameters: {
            query?: {
                /** @description Whether terminal escape sequences stay, in plain bytes */
                ansi?: "keep" | "strip";
                /** @description Of this attempt */
                attempt?: number;
                /** @description Plain bytes, or one LogLine a line */
                format?: "text" | "ndjson";
                /** @description Of this node */
                nodeRef?: string;
                /** @description Of this stream */
                stream?: components["schemas"]["LogStream"];
            };
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The output */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                    "text/plain": string;
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    giveNodeInput: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                nodeRef: string;
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NodeInput"];
            };
        };
        responses: {
            /** @description Answered */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NodeInputAnswer"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rerunRun: {
        parameters: {
            query?: never;
            header?: {
                /** @description A repeat with the same key answers with the first one's run */
                "Idempotency-Key"?: string;
            };
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RerunRequest"];
            };
        };
        responses: {
            /** @description The new run's id */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RerunAnswer"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    snapshotRun: {
        parameters: {
            query?: {
                /** @description With a section of durations in milliseconds */
                durations?: boolean;
            };
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The timeline, a fact a line */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    streamRun: {
        parameters: {
            query?: {
                /** @description Events behind this seq, or from now on */
                after?: number | "head";
                /** @description For those who can't set headers */
                lastEventId?: string;
                /** @description Lines behind this logSeq, or from now on */
                logAfter?: number | "head";
                /** @description Whether lines are wanted */
                logs?: boolean;
                /** @description Whether the state is wanted first, and after every reset */
                state?: boolean;
            };
            header?: {
                /** @description Wins over `after` and `logAfter` */
                "Last-Event-ID"?: string;
            };
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Frames as text messages */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Frames, until the run has ended */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["Frame"];
                };
            };
            /** @description The run is over and everything up to its end was already received */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTombstone: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tombstone */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TombstoneDetail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    countRuns: {
        parameters: {
            query?: {
                /** @description `key:value`, repeated: all must be there */
                label?: string[];
                /** @description Text within run id, workflow or failure */
                q?: string;
                /** @description Registered at this time or later */
                since?: string;
                /** @description In one of these statuses; repeated or with commas */
                status?: components["schemas"]["RunStatus"][];
                /** @description Started by one of these; repeated or with commas */
                trigger?: string[];
                /** @description Registered before this time */
                until?: string;
                /** @description Of this workflow */
                workflow?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The count */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunCount"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSchedules: {
        parameters: {
            query?: {
                /** @description Of this workflow */
                workflow?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScheduleList"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSchedule"];
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scheduleId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ScheduleChange"];
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scheduleId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSecrets: {
        parameters: {
            query?: {
                /** @description Names behind this one */
                after?: string;
                /** @description Size of the page */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of names */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretPage"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSecret"];
            };
        };
        responses: {
            /** @description Stored over the value it had */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Secret"];
                };
            };
            /** @description Stored under a new name */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Secret"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who asks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Signed in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenedSession"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out, or nobody was signed in */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    redeemLink: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LinkSignIn"];
            };
        };
        responses: {
            /** @description Signed in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenedSession"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    leaveForProvider: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description To the provider */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    comeBackFromProvider: {
        parameters: {
            query?: {
                /** @description The provider's */
                code?: string;
                /** @description As sent to the provider */
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description To the page */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeOrganization: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrganizationChoice"];
            };
        };
        responses: {
            /** @description The session in the other organization */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenedSession"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    refreshSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session goes on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenedSession"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    statistics: {
        parameters: {
            query?: {
                /** @description How many days, today (UTC) included */
                days?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The statistics */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Statistics"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    streamMany: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Frames as text messages */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    makeTicket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The ticket */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenList"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    makeToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            /** @description The token with its secret */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeToken"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tokenId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listUsers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description By e-mail */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberList"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    inviteUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Invitation"];
            };
        };
        responses: {
            /** @description Invited */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InvitedMember"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setRole: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                userId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoleChange"];
            };
        };
        responses: {
            /** @description The member as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken out */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    makeLink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The link */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInLink"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    bringUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BroughtUser"];
            };
        };
        responses: {
            /** @description The address had an account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BroughtMember"];
                };
            };
            /** @description A new member */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BroughtMember"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWorkers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workers, by name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerPage"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWorkflows: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the page before */
                cursor?: string;
                /** @description Size of the page */
                limit?: number;
                /** @description Text within the name */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of workflows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowPage"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWorkflow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workflow */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowDetail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putWorkflow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWorkflow"];
                "application/x-yaml": components["schemas"]["NewWorkflow"];
                "application/yaml": components["schemas"]["NewWorkflow"];
                "text/yaml": components["schemas"]["NewWorkflow"];
            };
        };
        responses: {
            /** @description The latest version has the same text already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowDetail"];
                };
            };
            /** @description Stored as a new version */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowDetail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteWorkflow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startWorkflow: {
        parameters: {
            query?: never;
            header?: {
                /** @description A repeat with the same key answers with the first one's run */
                "Idempotency-Key"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewStart"];
            };
        };
        responses: {
            /** @description The run, which was there already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunState"];
                };
            };
            /** @description The new run */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunState"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    workflowStatistics: {
        parameters: {
            query?: {
                /** @description How many days, today (UTC) included */
                days?: number;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The statistics */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Statistics"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWorkflowVersions: {
        parameters: {
            query?: {
                /** @description Below this version */
                before?: number;
                /** @description Size of the page */
                limit?: number;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of versions */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionPage"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWorkflowVersion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workflow */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowDetail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookList"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewWebhook"];
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeWebhook"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    healthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Healthy"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    receiveWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description What the sender calls this message: a repeat starts nothing */
                "Idempotency-Key"?: string;
                /** @description The same, as Standard Webhooks has it */
                "webhook-id"?: string;
                /** @description `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64 */
                "webhook-signature"?: string;
                /** @description When it was signed, in seconds since 1970 */
                "webhook-timestamp"?: string;
                /** @description `sha256=` and the HMAC-SHA256 of the body in hexadecimal digits */
                "X-Hub-Signature-256"?: string;
            };
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description The run that it starts */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Received"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    olderExecution: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The execution */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExecutionDetail"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    olderCleanup: {
        parameters: {
            query?: {
                /** @description Runs that ended longer ago go */
                days_to_keep?: number;
                /** @description Only count them */
                dry_run?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CleanedUp"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Metrics */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They do */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description The database or the feed is down */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    olderExecutions: {
        parameters: {
            query?: {
                /** @description Size of the page */
                limit?: number;
                /** @description Executions before the page */
                offset?: number;
                /** @description Registered at this time or later */
                since?: string;
                /** @description In this status */
                status?: components["schemas"]["ExecutionStatus"];
                /** @description Registered before this time */
                until?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The executions */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Executions"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    olderExecutionCount: {
        parameters: {
            query?: {
                /** @description Registered at this time or later */
                since?: string;
                /** @description In this status */
                status?: components["schemas"]["ExecutionStatus"];
                /** @description Registered before this time */
                until?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The count */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExecutionCount"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    olderRunStatus: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The status */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OlderStatus"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    olderRunTrace: {
        parameters: {
            query?: {
                /** @description Behind this event: `cursor` of the page before */
                cursor?: number;
                /** @description Size of the page */
                limit?: number;
            };
            header?: never;
            path: {
                runId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The trace */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trace"];
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
