//! The artifacts' part of the API's description.

use super::openapi_paths::{FROM_ONE, JSON, NO, Operation, TEXT, header, query};

pub const PATHS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/artifacts",
        id: "listLibrary",
        summary: "The artifacts of all runs, newest first",
        description: "",
        parameters: &[
            query("workflow", TEXT, "Of runs of this workflow"),
            query("q", TEXT, "Whose name holds this text"),
            query(
                "limit",
                r#"{"type":"integer","minimum":1,"maximum":200,"default":50}"#,
                "Size of the page",
            ),
            query("cursor", TEXT, "`nextCursor` of the page before"),
        ],
        body: None,
        answers: &[("200", "A page of artifacts", "Library", JSON)],
    },
    Operation {
        method: "post",
        path: "/api/v1/runs/{runId}/artifacts",
        id: "uploadArtifact",
        summary: "Store a file that a run or one of its nodes has left",
        description: "The body is the file as it is, up to 1 GiB, of any content type, which is kept. What is declared to be an image, a PDF or an \
            archive and does not begin like one is a 422 `mislabelled`. It is recorded by an ARTIFACT_RECORDED event. The same \
            content again is answered with the first one; another content under the same name, node and attempt is a 409 \
            `artifact-differs`.",
        parameters: &[
            query("name", TEXT, "1 to 512 bytes without control characters; never becomes a path; needed"),
            query("nodeRef", TEXT, "The node that left it; without one it is the run's own"),
            query("attempt", FROM_ONE, "The node's attempt, 1 unless given"),
            query(
                "mislabelled",
                r#"{"type":"string","enum":["refuse","keep"],"default":"refuse"}"#,
                "Of a content that is not of its type: `keep` stores it as application/octet-stream, which its event says",
            ),
        ],
        body: Some(("", &["*/*"])),
        answers: &[
            ("201", "Stored", "Artifact", JSON),
            ("200", "It was stored already", "Artifact", JSON),
            ("422", "It is not of the type that it is declared to be", "Problem", "application/problem+json"),
        ],
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
        description: "As an attachment, with its SHA-256 as `ETag`. A preview of anything but text and images is a 415 `no-preview`.",
        parameters: &[
            query(
                "preview",
                NO,
                "To be looked at in a page: text as text/plain, its first MiB; images as they are",
            ),
            query(
                "url",
                NO,
                "Instead of the bytes `{url, expiresInSeconds}`, where they can be fetched from without a token; 404 `no-presigned-url` where the store has no such",
            ),
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
