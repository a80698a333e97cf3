//! Snapshots, comparisons and bundles in the API's description.

use super::bundles;
use super::openapi_paths::{JSON, Operation, TEXT, query};

const FLAG: &str = r#"{"type":"boolean","default":false}"#;
const SPEED: &str = r#"{"type":"number","minimum":0.01,"maximum":10000,"default":1}"#;

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
    Operation {
        method: "get",
        path: "/api/v1/runs/{runId}/bundle",
        id: "exportRun",
        summary: "A run as one file",
        description: "Events with their hashes, lines, artifacts and the workflow's text, in blocks that prove themselves, signed; \
            the layout is in docs/bundle.md. As it is read, in constant memory; one that breaks off has no trailer.",
        parameters: &[query(
            "html",
            FLAG,
            "A page that opens without a server instead, with what a browser shows at ease",
        )],
        body: None,
        answers: &[("200", "The bundle", "", bundles::MEDIA_TYPE), ("200", "The page", "", "text/html")],
    },
    Operation {
        method: "post",
        path: "/api/v1/import",
        id: "importRun",
        summary: "Take a bundle in",
        description: "It is checked whole before anything is written. The run keeps its id, its events to the byte, their seqs, times \
            and hashes; readers across runs get the events as new ones. A run of that id with another history is a 409 `run-differs`; \
            what is wrong with a bundle is a 400 `broken-bundle` that names the block and its offset. An import that broke off \
            goes on when the same file is sent again.",
        parameters: &[query("dryRun", FLAG, "Check it, and write nothing")],
        body: Some(("", &[bundles::MEDIA_TYPE])),
        answers: &[
            ("201", "Imported", "Imported", JSON),
            ("200", "It was here already, the same; or a dry run", "Imported", JSON),
        ],
    },
    Operation {
        method: "post",
        path: "/api/v1/replay",
        id: "replayRun",
        summary: "Play a bundle as if it happened now",
        description: "As a run of its own, with events and lines at the distances that they had, at most 10 s.",
        parameters: &[query("speed", SPEED, "How many times faster")],
        body: Some(("", &[bundles::MEDIA_TYPE])),
        answers: &[("201", "It begins", "Replayed", JSON)],
    },
];
