//! The paths of the API's description, one entry for each route.

/// One method of one path.
pub struct Operation {
    pub method: &'static str,
    pub path: &'static str,
    pub id: &'static str,
    pub summary: &'static str,
    pub description: &'static str,
    pub parameters: &'static [Parameter],
    /// Schema and content types of the request's body.
    pub body: Option<(&'static str, &'static [&'static str])>,
    /// Status, description, schema (`""` = text) and content type (`""` = no body).
    pub answers: &'static [(&'static str, &'static str, &'static str, &'static str)],
}

/// A query parameter or header; path parameters come from the path.
pub struct Parameter {
    pub name: &'static str,
    pub place: &'static str,
    /// JSON schema as text.
    pub schema: &'static str,
    pub description: &'static str,
}

pub const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";
const MANY: &[&str] = &[JSON, NDJSON];

pub const fn query(name: &'static str, schema: &'static str, description: &'static str) -> Parameter {
    Parameter { name, place: "query", schema, description }
}

pub const fn header(name: &'static str, schema: &'static str, description: &'static str) -> Parameter {
    Parameter { name, place: "header", schema, description }
}

pub const TEXT: &str = r#"{"type":"string"}"#;
pub const TIME: &str = r#"{"type":"string","format":"date-time"}"#;
const SEQ: &str = r#"{"type":"integer","minimum":0}"#;
pub const FROM_ONE: &str = r#"{"type":"integer","minimum":1}"#;
const PAGE: &str = r#"{"type":"integer","minimum":1,"maximum":5000,"default":500}"#;
const WAIT: &str = r#"{"type":"integer","minimum":0,"maximum":30,"default":0}"#;
const PLACE: &str = r#"{"oneOf":[{"type":"integer","minimum":0},{"const":"head"}],"default":0}"#;
const STREAM: &str = r##"{"$ref":"#/components/schemas/LogStream"}"##;
const TYPES: &str = r##"{"type":"array","items":{"$ref":"#/components/schemas/EventType"}}"##;
const LEVELS: &str = r##"{"type":"array","items":{"$ref":"#/components/schemas/Level"}}"##;
pub const STATUSES: &str = r##"{"type":"array","items":{"$ref":"#/components/schemas/RunStatus"}}"##;
const YES: &str = r#"{"type":"boolean","default":true}"#;
pub const NO: &str = r#"{"type":"boolean","default":false}"#;

const CLAIM: Parameter = header(
    "Telltale-Claim",
    FROM_ONE,
    "A worker's claim of the run: 409 `claim-lost` once there is another, or the run is over",
);

pub const PATHS: &[Operation] = &[
    Operation {
        method: "post",
        path: "/api/v1/runs",
        id: "createRun",
        summary: "Start or register a run",
        description: "Engine `external` registers a run whose events others send; `local` starts one of a stored workflow, \
            which this installation's workers execute. 201 when new, 200 when it was there.",
        parameters: &[header(
            "Idempotency-Key",
            TEXT,
            "A repeat with the same key answers with the first one's run",
        )],
        body: Some(("NewRun", &[JSON])),
        answers: &[
            ("201", "The new run", "RunState", JSON),
            ("200", "The run, which was there already", "RunState", JSON),
        ],
    },
    Operation {
        method: "get",
        path: "/api/v1/runs",
        id: "listRuns",
        summary: "List runs, newest first",
        description: "",
        parameters: &[
            query("workflow", TEXT, "Of this workflow"),
            query("status", STATUSES, "In one of these statuses; repeated or with commas"),
            query(
                "trigger",
                r#"{"type":"array","items":{"type":"string"}}"#,
                "Started by one of these: a trigger's `type`, such as `schedule`; repeated or with commas",
            ),
            query("since", TIME, "Registered at this time or later"),
            query("until", TIME, "Registered before this time"),
            query(
                "label",
                r#"{"type":"array","items":{"type":"string"}}"#,
                "`key:value`, repeated: all must be there",
            ),
            query("q", TEXT, "Text within run id, workflow or failure"),
            query(
                "limit",
                r#"{"type":"integer","minimum":1,"maximum":200,"default":50}"#,
                "Size of the page",
            ),
            query("cursor", TEXT, "`nextCursor` of the page before"),
        ],
        body: None,
        answers: &[("200", "A page of runs", "RunPage", JSON)],
    },
    Operation {
        method: "get",
        path: "/api/v1/runs/{runId}",
        id: "getRun",
        summary: "A run's state",
        description: "",
        parameters: &[query("atSeq", FROM_ONE, "As of this event")],
        body: None,
        answers: &[("200", "The state", "RunState", JSON)],
    },
    Operation {
        method: "post",
        path: "/api/v1/runs/{runId}/events",
        id: "appendEvents",
        summary: "Append events to a run",
        description: "All or nothing, answered once durable. An unknown run is registered as external. Sending an \
            `eventId` again is answered with the first one's seq.",
        parameters: &[CLAIM],
        body: Some(("NewEvent", MANY)),
        answers: &[("200", "What became of each event, in the order sent", "Appended", JSON)],
    },
    Operation {
        method: "get",
        path: "/api/v1/runs/{runId}/events",
        id: "readEvents",
        summary: "A run's events",
        description: "With `wait` a long poll: answered as soon as there is an event that fits.",
        parameters: &[
            query("after", SEQ, "Behind this seq"),
            query("limit", PAGE, "Size of the page"),
            query("type", TYPES, "Of these types; repeated or with commas"),
            query("nodeRef", TEXT, "Of this node"),
            query("level", LEVELS, "Of these levels; repeated or with commas"),
            query("wait", WAIT, "Seconds to wait for an event"),
        ],
        body: None,
        answers: &[("200", "A page of events", "EventPage", JSON)],
    },
    Operation {
        method: "post",
        path: "/api/v1/events",
        id: "appendEventsAcross",
        summary: "Append events to many runs",
        description: "Each event names its run. All or nothing for each run; after a 503 sending all again is safe.",
        parameters: &[query(
            "historic",
            NO,
            "Runs that this makes take their place by the time of their first event; needs the right to edit",
        )],
        body: Some(("NewEvent", MANY)),
        answers: &[("200", "What became of each event, in the order sent", "AppendedAcross", JSON)],
    },
    Operation {
        method: "get",
        path: "/api/v1/events",
        id: "readEventsAcross",
        summary: "Every event, across runs",
        description: "Each event exactly once, each run in seq order.",
        parameters: &[
            query(
                "cursor",
                TEXT,
                "`nextCursor` of the page before; opaque, and valid in this installation only",
            ),
            query("limit", PAGE, "Size of the page"),
            query("wait", WAIT, "Seconds to wait for an event"),
            query("type", TYPES, "Of these types; repeated or with commas"),
        ],
        body: None,
        answers: &[("200", "A page of events", "EventPageAcross", JSON)],
    },
    Operation {
        method: "get",
        path: "/api/v1/runs/{runId}/stream",
        id: "streamRun",
        summary: "A run, live",
        description: "WebSocket when upgraded, server-sent events otherwise: `event` is the frame's type, `id` the cursor \
            `<seq>.<logSeq>`, which `Last-Event-ID` resumes from.",
        parameters: &[
            query("after", PLACE, "Events behind this seq, or from now on"),
            query("logAfter", PLACE, "Lines behind this logSeq, or from now on"),
            query("logs", YES, "Whether lines are wanted"),
            query("state", NO, "Whether the state is wanted first, and after every reset"),
            query("lastEventId", TEXT, "For those who can't set headers"),
            header("Last-Event-ID", TEXT, "Wins over `after` and `logAfter`"),
        ],
        body: None,
        answers: &[
            ("200", "Frames, until the run has ended", "Frame", "text/event-stream"),
            ("101", "Frames as text messages", "", ""),
            ("204", "The run is over and everything up to its end was already received", "", ""),
        ],
    },
    Operation {
        method: "get",
        path: "/api/v1/stream",
        id: "streamMany",
        summary: "Many runs over one WebSocket",
        description: "Send `{\"subscribe\":{\"runId\",\"after\",\"logAfter\"}}`, `{\"unsubscribe\":{\"runId\"}}`, \
            `{\"subscribeRuns\":{\"workflow\"?,\"status\"?}}`. Every frame carries `runId`; `runs` tells changes of the list, \
            `error` a refused subscription, and `end` ends one subscription. `{\"ping\":N}` is answered by `{\"type\":\"pong\",\"ping\":N}`.",
        parameters: &[],
        body: None,
        answers: &[("101", "Frames as text messages", "", "")],
    },
    Operation {
        method: "post",
        path: "/api/v1/runs/{runId}/logs",
        id: "appendLogs",
        summary: "Append output lines to a run",
        description: "A `lineNo` at or below the stream's head is a duplicate; a gap is a 409 with `expected`.",
        parameters: &[CLAIM],
        body: Some(("NewLogLine", MANY)),
        answers: &[("200", "Durable", "LogsAppended", JSON)],
    },
    Operation {
        method: "post",
        path: "/api/v1/runs/{runId}/logs/close",
        id: "closeLog",
        summary: "Say that no more lines of a stream will come",
        description: "",
        parameters: &[CLAIM],
        body: Some(("LogStreamName", &[JSON])),
        answers: &[("200", "Closed, with a NODE_LOG_CLOSED event", "LogClosed", JSON)],
    },
    Operation {
        method: "get",
        path: "/api/v1/runs/{runId}/logs",
        id: "readLogs",
        summary: "A run's output lines",
        description: "A search is given two seconds: `stopped` is then `time`, and it goes on from `nextAfter`, or backwards \
            from `nextBefore`. Lines that lie in Loki while it is away are 503, `logs-not-reachable`.",
        parameters: &[
            query("nodeRef", TEXT, "Of this node"),
            query("attempt", FROM_ONE, "Of this attempt"),
            query("stream", STREAM, "Of this stream"),
            query(
                "level",
                r##"{"$ref":"#/components/schemas/Level"}"##,
                "Lines that look like this level or worse",
            ),
            query("q", TEXT, "Holding this text, or matching `/a regular expression/`, in the line's bytes"),
            query("after", SEQ, "Behind this logSeq"),
            query("before", SEQ, "Before this logSeq; without `after` the last ones there"),
            query("limit", PAGE, "Size of the page"),
            query(
                "tail",
                r#"{"type":"integer","minimum":1,"maximum":5000}"#,
                "The last so many instead of the first",
            ),
        ],
        body: None,
        answers: &[("200", "A page of lines", "LogPage", JSON)],
    },
    Operation {
        method: "get",
        path: "/api/v1/runs/{runId}/logs/download",
        id: "downloadLogs",
        summary: "The whole output as a file",
        description: "The bytes as they were written, escape sequences included unless they are stripped. A download that \
            can't be finished breaks off; it never ends as if it were whole.",
        parameters: &[
            query(
                "format",
                r#"{"enum":["text","ndjson"],"default":"text"}"#,
                "Plain bytes, or one LogLine a line",
            ),
            query(
                "ansi",
                r#"{"enum":["keep","strip"],"default":"keep"}"#,
                "Whether terminal escape sequences stay, in plain bytes",
            ),
            query("nodeRef", TEXT, "Of this node"),
            query("attempt", FROM_ONE, "Of this attempt"),
            query("stream", STREAM, "Of this stream"),
        ],
        body: None,
        answers: &[("200", "The output", "", "text/plain"), ("200", "The output", "", NDJSON)],
    },
    Operation {
        method: "get",
        path: "/healthz",
        id: "healthz",
        summary: "Whether the server answers at all",
        description: "",
        parameters: &[],
        body: None,
        answers: &[("200", "It does", "Healthy", JSON)],
    },
    Operation {
        method: "get",
        path: "/readyz",
        id: "readyz",
        summary: "Whether appends and reads work, and what is degraded",
        description: "",
        parameters: &[],
        body: None,
        answers: &[
            ("200", "They do", "Ready", JSON),
            ("503", "The database or the feed is down", "Ready", JSON),
        ],
    },
    Operation {
        method: "get",
        path: "/metrics",
        id: "metrics",
        summary: "Metrics as Prometheus reads them",
        description: "",
        parameters: &[],
        body: None,
        answers: &[("200", "Metrics", "", "text/plain")],
    },
    Operation {
        method: "get",
        path: "/openapi.json",
        id: "openapi",
        summary: "This document",
        description: "",
        parameters: &[],
        body: None,
        answers: &[("200", "OpenAPI 3.1", "", JSON)],
    },
];
