//! The part of the API's description about what starts runs.

use super::openapi_paths::{JSON, Operation, TEXT, header, query};

pub const PATHS: &[Operation] = &[
    Operation {
        method: "post",
        path: "/hooks/{token}",
        id: "receiveWebhook",
        summary: "Start a run of the webhook's workflow",
        description: "The token is all that is asked for, and a signature where the webhook wants one. A JSON object or a form gives the \
            inputs that the workflow declares; anything else, and everything for a workflow that declares `payload`, is the input `payload`. Headers \
            and payload are kept as the run's trigger, with what looks like a secret masked. An unknown token is a 404, a wrong or missing \
            signature a 401 `not-signed`, more than 10 a second in the long run a 429.",
        parameters: &[
            header("Idempotency-Key", TEXT, "What the sender calls this message: a repeat starts nothing"),
            header("webhook-id", TEXT, "The same, as Standard Webhooks has it"),
            header("webhook-timestamp", TEXT, "When it was signed, in seconds since 1970"),
            header("webhook-signature", TEXT, "`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64"),
            header(
                "X-Hub-Signature-256",
                TEXT,
                "`sha256=` and the HMAC-SHA256 of the body in hexadecimal digits",
            ),
        ],
        body: Some(("", &["*/*"])),
        answers: &[("202", "The run that it starts", "Received", JSON)],
    },
    Operation {
        method: "get",
        path: "/api/v1/workflows/{name}/webhooks",
        id: "listWebhooks",
        summary: "A workflow's webhooks, oldest first",
        description: "Never their addresses.",
        parameters: &[],
        body: None,
        answers: &[("200", "All of them", "WebhookList", JSON)],
    },
    Operation {
        method: "post",
        path: "/api/v1/workflows/{name}/webhooks",
        id: "createWebhook",
        summary: "Make an address that starts runs of a workflow",
        description: "Address and signing secret are shown this once.",
        parameters: &[],
        body: Some(("NewWebhook", &[JSON])),
        answers: &[("201", "Made", "MadeWebhook", JSON)],
    },
    Operation {
        method: "delete",
        path: "/api/v1/workflows/{name}/webhooks/{webhookId}",
        id: "deleteWebhook",
        summary: "Take a webhook away",
        description: "Its address is unknown from then on.",
        parameters: &[],
        body: None,
        answers: &[("204", "It is gone", "", "")],
    },
    Operation {
        method: "get",
        path: "/api/v1/schedules",
        id: "listSchedules",
        summary: "Schedules, oldest first",
        description: "",
        parameters: &[query("workflow", TEXT, "Of this workflow")],
        body: None,
        answers: &[("200", "All of them", "ScheduleList", JSON)],
    },
    Operation {
        method: "post",
        path: "/api/v1/schedules",
        id: "createSchedule",
        summary: "Have the clock start a workflow",
        description: "Each tick starts one run, whose id follows from the tick, however many servers there are. Workflow and inputs are checked as a             start would.",
        parameters: &[],
        body: Some(("NewSchedule", &[JSON])),
        answers: &[("201", "Made", "Schedule", JSON)],
    },
    Operation {
        method: "put",
        path: "/api/v1/schedules/{scheduleId}",
        id: "putSchedule",
        summary: "Change a schedule",
        description: "What is missing stays as it is; the next time is worked out anew.",
        parameters: &[],
        body: Some(("ScheduleChange", &[JSON])),
        answers: &[("200", "Changed", "Schedule", JSON)],
    },
    Operation {
        method: "delete",
        path: "/api/v1/schedules/{scheduleId}",
        id: "deleteSchedule",
        summary: "Take a schedule away",
        description: "",
        parameters: &[],
        body: None,
        answers: &[("204", "It is gone", "", "")],
    },
];
