// Made from /openapi.json by `npm run types`; never edited.

export type paths = {
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
        delete?: never;
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
         * @description The body is the file as it is, up to 1 GiB, of any content type, which is kept. It is recorded by an ARTIFACT_RECORDED event. The same content again is answered with the first one; another content under the same name, node and attempt is a 409 `artifact-differs`.
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
         * @description As an attachment, with its SHA-256 as `ETag`.
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
        DeclaredNode: {
            needs?: string[] | null;
            nodeRef: string;
        };
        /**
         * @description How new events reach a server.
         * @enum {string}
         */
        Delivery: "notify" | "poll";
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
        LastRun: {
            runId: string;
            status: components["schemas"]["RunStatus"];
        };
        /**
         * @description How loud an event is.
         * @enum {string}
         */
        Level: "debug" | "info" | "warn" | "error";
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
        /**
         * @description Why a page ends where it does.
         * @enum {string}
         */
        Stopped: "limit" | "time" | "end";
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
            query?: never;
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
            query?: never;
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
                    "application/json": string;
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
}
