//! Snapshots, comparisons and bundles in the API's description.

use super::openapi_paths::{JSON, Operation, TEXT, query};

const FLAG: &str = r#"{"type":"boolean","default":false}"#;

pub const PATHS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/runs/{runId}/snapshot",
        id: "snapshotRun",
        summary: "A run's normalised timeline",
        description: "The same text whenever the workflow behaved the same: stable node ids, relations instead of times, ids and \
            addresses masked. What `telltale snapshot --check` compares.",
        parameters: &[query("durations", FLAG, "With a section of durations in milliseconds")],
        body: None,
        answers: &[("200", "The timeline, a fact a line", "", JSON)],
    },
    Operation {
        method: "get",
        path: "/api/v1/runs/{runId}/diff",
        id: "diffRuns",
        summary: "Two runs side by side",
        description: "Nodes, attempts, statuses, durations, both critical paths, and the first event that differs.",
        parameters: &[query("with", TEXT, "The id of the run to compare with; needed")],
        body: None,
        answers: &[("200", "The comparison", "Diff", JSON)],
    },
];
