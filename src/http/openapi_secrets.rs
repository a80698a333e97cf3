//! The secrets' part of the API's description.

use super::openapi_paths::{JSON, Operation, TEXT, query};

pub const PATHS: &[Operation] = &[
    Operation {
        method: "put",
        path: "/api/v1/secrets/{name}",
        id: "putSecret",
        summary: "Store a secret, or give it another value",
        description: "The value is sealed with the server's key and never shown again: nodes get it by reference.",
        parameters: &[],
        body: Some(("NewSecret", &[JSON])),
        answers: &[
            ("201", "Stored under a new name", "Secret", JSON),
            ("200", "Stored over the value it had", "Secret", JSON),
        ],
    },
    Operation {
        method: "get",
        path: "/api/v1/secrets",
        id: "listSecrets",
        summary: "The names of the secrets, in their order",
        description: "Never their values.",
        parameters: &[
            query("after", TEXT, "Names behind this one"),
            query(
                "limit",
                r#"{"type":"integer","minimum":1,"maximum":1000,"default":200}"#,
                "Size of the page",
            ),
        ],
        body: None,
        answers: &[("200", "A page of names", "SecretPage", JSON)],
    },
    Operation {
        method: "delete",
        path: "/api/v1/secrets/{name}",
        id: "deleteSecret",
        summary: "Delete a secret",
        description: "Nodes that were given it keep it.",
        parameters: &[],
        body: None,
        answers: &[("204", "It is gone", "", "")],
    },
    Operation {
        method: "post",
        path: "/api/v1/claims/secrets",
        id: "claimSecrets",
        summary: "The values of secrets, for the worker that holds a run",
        description: "Answered only while the claim is the run's newest and its lease holds; else 409 `claim-lost`. 404 \
            `no-such-secret` and 422 `secret-sealed-otherwise` list the secrets they are about in `names`.",
        parameters: &[],
        body: Some(("SecretsClaim", &[JSON])),
        answers: &[("200", "All values that were asked for", "ClaimedSecrets", JSON)],
    },
];
