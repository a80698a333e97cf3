//! The workflows' part of the API's description.

use super::openapi_paths::{FROM_ONE, JSON, Operation, TEXT, header, query};

const PAGE: &str = r#"{"type":"integer","minimum":1,"maximum":200,"default":50}"#;

pub const PATHS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/workflows",
        id: "listWorkflows",
        summary: "The stored workflows, newest change first",
        description: "",
        parameters: &[
            query("q", TEXT, "Text within the name"),
            query("limit", PAGE, "Size of the page"),
            query("cursor", TEXT, "`nextCursor` of the page before"),
        ],
        body: None,
        answers: &[("200", "A page of workflows", "WorkflowPage", JSON)],
    },
    Operation {
        method: "get",
        path: "/api/v1/workflows/{name}",
        id: "getWorkflow",
        summary: "A workflow with its latest version",
        description: "",
        parameters: &[],
        body: None,
        answers: &[("200", "The workflow", "WorkflowDetail", JSON)],
    },
    Operation {
        method: "put",
        path: "/api/v1/workflows/{name}",
        id: "putWorkflow",
        summary: "Store a workflow, or a new version of it",
        description: "The body is the YAML itself, or JSON around it. Faults come all at once, each by the pointer \
            `/line:column`. The name in the file is the name in the path.",
        parameters: &[],
        body: Some(("NewWorkflow", &[JSON, "application/yaml", "text/yaml", "application/x-yaml"])),
        answers: &[
            ("201", "Stored as a new version", "WorkflowDetail", JSON),
            ("200", "The latest version has the same text already", "WorkflowDetail", JSON),
        ],
    },
    Operation {
        method: "delete",
        path: "/api/v1/workflows/{name}",
        id: "deleteWorkflow",
        summary: "Let a workflow start nothing any more",
        description: "Its versions and its runs stay. Storing it again brings it back.",
        parameters: &[],
        body: None,
        answers: &[("204", "Deleted", "", "")],
    },
    Operation {
        method: "post",
        path: "/api/v1/workflows/{name}/run",
        id: "startWorkflow",
        summary: "Start a run of a workflow",
        description: "The same as `POST /api/v1/runs` with the engine `local`.",
        parameters: &[header(
            "Idempotency-Key",
            TEXT,
            "A repeat with the same key answers with the first one's run",
        )],
        body: Some(("NewStart", &[JSON])),
        answers: &[
            ("201", "The new run", "RunState", JSON),
            ("200", "The run, which was there already", "RunState", JSON),
        ],
    },
    Operation {
        method: "get",
        path: "/api/v1/workflows/{name}/versions",
        id: "listWorkflowVersions",
        summary: "A workflow's versions, newest first",
        description: "Those of a deleted workflow too.",
        parameters: &[
            query("before", FROM_ONE, "Below this version"),
            query("limit", PAGE, "Size of the page"),
        ],
        body: None,
        answers: &[("200", "A page of versions", "VersionPage", JSON)],
    },
    Operation {
        method: "get",
        path: "/api/v1/workflows/{name}/versions/{version}",
        id: "getWorkflowVersion",
        summary: "A workflow with one of its versions",
        description: "",
        parameters: &[],
        body: None,
        answers: &[("200", "The workflow", "WorkflowDetail", JSON)],
    },
];
