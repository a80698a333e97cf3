//! The part of the API's description that is about older clients.

use super::openapi_paths::{JSON, Operation, TIME, query};

const STATUS: &str = r##"{"$ref":"#/components/schemas/ExecutionStatus"}"##;

pub const PATHS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/workflows/runs/{runId}/status",
        id: "olderRunStatus",
        summary: "A run's status, as ShipSec Studio gave it",
        description: "For older clients; `GET /api/v1/runs/{runId}` says more.",
        parameters: &[],
        body: None,
        answers: &[("200", "The status", "OlderStatus", JSON)],
    },
    Operation {
        method: "get",
        path: "/workflows/runs/{runId}/trace",
        id: "olderRunTrace",
        summary: "The events of a run's nodes, as ShipSec Studio gave them",
        description: "For older clients; `GET /api/v1/runs/{runId}/events` gives all events.",
        parameters: &[
            query(
                "cursor",
                r#"{"type":"integer","minimum":0}"#,
                "Behind this event: `cursor` of the page before",
            ),
            query(
                "limit",
                r#"{"type":"integer","minimum":1,"maximum":5000,"default":5000}"#,
                "Size of the page",
            ),
        ],
        body: None,
        answers: &[("200", "The trace", "Trace", JSON)],
    },
    Operation {
        method: "get",
        path: "/workflows/{id}/logs",
        id: "olderExecutions",
        summary: "A workflow's executions, newest first, as AutomateOS gave them",
        description: "For older clients; `{id}` is the workflow's name. `GET /api/v1/runs` says more.",
        parameters: &[
            query("status", STATUS, "In this status"),
            query("since", TIME, "Registered at this time or later"),
            query("until", TIME, "Registered before this time"),
            query(
                "limit",
                r#"{"type":"integer","minimum":1,"maximum":100,"default":50}"#,
                "Size of the page",
            ),
            query(
                "offset",
                r#"{"type":"integer","minimum":0,"maximum":1000000,"default":0}"#,
                "Executions before the page",
            ),
        ],
        body: None,
        answers: &[("200", "The executions", "Executions", JSON)],
    },
    Operation {
        method: "get",
        path: "/workflows/{id}/logs/count",
        id: "olderExecutionCount",
        summary: "How many executions a workflow has, as AutomateOS gave it",
        description: "For older clients; `GET /api/v1/runs/count` counts by any filter.",
        parameters: &[
            query("status", STATUS, "In this status"),
            query("since", TIME, "Registered at this time or later"),
            query("until", TIME, "Registered before this time"),
        ],
        body: None,
        answers: &[("200", "The count", "ExecutionCount", JSON)],
    },
    Operation {
        method: "get",
        path: "/logs/{id}",
        id: "olderExecution",
        summary: "One execution, as AutomateOS gave it",
        description: "For older clients; `{id}` is the number that a list has told.",
        parameters: &[],
        body: None,
        answers: &[("200", "The execution", "ExecutionDetail", JSON)],
    },
    Operation {
        method: "delete",
        path: "/logs/cleanup",
        id: "olderCleanup",
        summary: "Delete runs that ended long ago, as AutomateOS did",
        description: "For older clients: a plan and its apply, see `POST /api/v1/cleanup/plans`.",
        parameters: &[
            query(
                "days_to_keep",
                r#"{"type":"integer","minimum":1,"maximum":365,"default":30}"#,
                "Runs that ended longer ago go",
            ),
            query("dry_run", r#"{"type":"boolean","default":false}"#, "Only count them"),
        ],
        body: None,
        answers: &[("200", "How many", "CleanedUp", JSON)],
    },
];
