//! The part of the API's description for workers and for those who control runs.

use super::openapi_paths::{JSON, Operation, TEXT, header};

pub const PATHS: &[Operation] = &[
    Operation {
        method: "post",
        path: "/api/v1/claims",
        id: "claimRuns",
        summary: "Claim runs to execute",
        description: "By priority, then by age; only those that need no engine that the worker has not. With `waitMs` a long \
            poll: answered as soon as there is a run. What the worker then writes about a run carries the claim's number as \
            `Telltale-Claim`, and is refused (409 `claim-lost`) once another claim has been made.",
        parameters: &[],
        body: Some(("ClaimRequest", &[JSON])),
        answers: &[("200", "The runs that the worker has now, perhaps none", "ClaimedRuns", JSON)],
    },
    Operation {
        method: "post",
        path: "/api/v1/claims/heartbeat",
        id: "keepClaims",
        summary: "Keep claims for another lease",
        description: "`lost`: another worker may have the run, stop at once. `cancelling`: end it.",
        parameters: &[],
        body: Some(("ClaimList", &[JSON])),
        answers: &[("200", "How it stands with each claim", "ClaimStates", JSON)],
    },
    Operation {
        method: "post",
        path: "/api/v1/claims/release",
        id: "releaseClaims",
        summary: "Give claims back",
        description: "So that other workers need not wait for the leases to end.",
        parameters: &[],
        body: Some(("ClaimList", &[JSON])),
        answers: &[("200", "What became of each claim: `released` or `lost`", "ClaimStates", JSON)],
    },
    Operation {
        method: "get",
        path: "/api/v1/workers",
        id: "listWorkers",
        summary: "Workers that were seen lately, and what they have",
        description: "",
        parameters: &[],
        body: None,
        answers: &[("200", "The workers, by name", "WorkerPage", JSON)],
    },
    Operation {
        method: "post",
        path: "/api/v1/runs/{runId}/cancel",
        id: "cancelRun",
        summary: "Cancel a run",
        description: "One that no worker has, or that others execute, is over at once; else its worker ends it. 409 when it \
            is over already.",
        parameters: &[],
        body: Some(("CancelRequest", &[JSON])),
        answers: &[("202", "Cancelled, or asked for", "CancelAnswer", JSON)],
    },
    Operation {
        method: "post",
        path: "/api/v1/runs/{runId}/rerun",
        id: "rerunRun",
        summary: "Run the same workflow again",
        description: "The same version of it, as a new run; with `fromNode` what the nodes before left is used again. 409 \
            for runs that others execute.",
        parameters: &[header(
            "Idempotency-Key",
            TEXT,
            "A repeat with the same key answers with the first one's run",
        )],
        body: Some(("RerunRequest", &[JSON])),
        answers: &[("202", "The new run's id", "RerunAnswer", JSON)],
    },
    Operation {
        method: "post",
        path: "/api/v1/runs/{runId}/nodes/{nodeRef}/input",
        id: "giveNodeInput",
        summary: "Answer a node that waits for a person",
        description: "The first answer counts; a second one is a 409. Where the node asked with a form, `data` is held \
            against it.",
        parameters: &[],
        body: Some(("NodeInput", &[JSON])),
        answers: &[("202", "Answered", "NodeInputAnswer", JSON)],
    },
];
