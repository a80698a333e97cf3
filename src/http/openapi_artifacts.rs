//! The artifacts' part of the API's description.

use super::openapi_paths::{FROM_ONE, JSON, Operation, TEXT, header, query};

pub const PATHS: &[Operation] = &[
    Operation {
        method: "post",
        path: "/api/v1/runs/{runId}/artifacts",
        id: "uploadArtifact",
        summary: "Store a file that a run or one of its nodes has left",
        description: "The body is the file as it is, up to 1 GiB, of any content type, which is kept. It is recorded by an \
            ARTIFACT_RECORDED event. The same content again is answered with the first one; another content under the same \
            name, node and attempt is a 409 `artifact-differs`.",
        parameters: &[
            query("name", TEXT, "1 to 512 bytes without control characters; never becomes a path; needed"),
            query("nodeRef", TEXT, "The node that left it; without one it is the run's own"),
            query("attempt", FROM_ONE, "The node's attempt, 1 unless given"),
        ],
        body: Some(("", &["*/*"])),
        answers: &[("201", "Stored", "Artifact", JSON), ("200", "It was stored already", "Artifact", JSON)],
    },
    Operation {
        method: "get",
        path: "/api/v1/runs/{runId}/artifacts",
        id: "listArtifacts",
        summary: "A run's artifacts, oldest first",
        description: "",
        parameters: &[
            query("nodeRef", TEXT, "Of this node"),
            query(
                "limit",
                r#"{"type":"integer","minimum":1,"maximum":1000,"default":100}"#,
                "Size of the page",
            ),
            query("cursor", TEXT, "`nextCursor` of the page before"),
        ],
        body: None,
        answers: &[("200", "A page of artifacts", "ArtifactPage", JSON)],
    },
    Operation {
        method: "get",
        path: "/api/v1/runs/{runId}/artifacts/{artifactId}",
        id: "downloadArtifact",
        summary: "An artifact's bytes",
        description: "As an attachment, with its SHA-256 as `ETag`.",
        parameters: &[
            header("Range", TEXT, "One range of bytes"),
            header("If-Range", TEXT, "The range only of the version with this tag, else the whole"),
            header("If-None-Match", TEXT, "Nothing when it has this tag"),
        ],
        body: None,
        answers: &[
            ("200", "The bytes", "", "*/*"),
            ("206", "Those of the range", "", "*/*"),
            ("304", "It has the tag of If-None-Match", "", ""),
            ("416", "The range begins behind the end", "Problem", "application/problem+json"),
        ],
    },
];
