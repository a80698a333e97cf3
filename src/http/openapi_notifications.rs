//! The notifications' part of the API's description.

use super::openapi_paths::{JSON, Operation, TEXT, query};

pub const PATHS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/notifications",
        id: "listNotifications",
        summary: "Who is told of runs, oldest first",
        description: "Never their secrets.",
        parameters: &[],
        body: None,
        answers: &[("200", "All of them", "NotificationList", JSON)],
    },
    Operation {
        method: "post",
        path: "/api/v1/notifications",
        id: "createNotification",
        summary: "Tell somebody when runs get a status",
        description: "Messages are posted to the URL, signed as Standard Webhooks has it, at least once and up to eight times over a day until the \
            receiver answers 2xx. Only public addresses are called, and those of the setting `webhook_allow`; redirects are not followed.",
        parameters: &[],
        body: Some(("NewNotification", &[JSON])),
        answers: &[("201", "Made; its secret is shown this once", "MadeNotification", JSON)],
    },
    Operation {
        method: "put",
        path: "/api/v1/notifications/{notificationId}",
        id: "putNotification",
        summary: "Change a notification",
        description: "What is missing stays as it is, the secret always. One that is enabled again tells of what comes from then on.",
        parameters: &[],
        body: Some(("NotificationChange", &[JSON])),
        answers: &[("200", "Changed", "Notification", JSON)],
    },
    Operation {
        method: "delete",
        path: "/api/v1/notifications/{notificationId}",
        id: "deleteNotification",
        summary: "Take a notification away",
        description: "With its deliveries.",
        parameters: &[],
        body: None,
        answers: &[("204", "It is gone", "", "")],
    },
    Operation {
        method: "post",
        path: "/api/v1/notifications/{notificationId}/test",
        id: "testNotification",
        summary: "Send a message that tells of nothing",
        description: "Whether it is enabled or not; what becomes of it is among the deliveries.",
        parameters: &[],
        body: None,
        answers: &[("202", "It will be sent", "TestSent", JSON)],
    },
    Operation {
        method: "get",
        path: "/api/v1/notifications/{notificationId}/deliveries",
        id: "listDeliveries",
        summary: "A notification's deliveries, newest first",
        description: "Those of 30 days.",
        parameters: &[
            query(
                "limit",
                r#"{"type":"integer","minimum":1,"maximum":200,"default":50}"#,
                "Size of the page",
            ),
            query("cursor", TEXT, "`nextCursor` of the page before"),
        ],
        body: None,
        answers: &[("200", "A page of deliveries", "DeliveryPage", JSON)],
    },
];
