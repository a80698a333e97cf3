//! An event as an import makes it, before it is a text that the API takes.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::facts::event::EventType;
use crate::facts::time::Timestamp;

/// The space of all ids that imports make (version 5: the same row gives the same id for ever).
const SPACE: Uuid = Uuid::from_u128(0x7e11_7a1e_0000_5000_8000_0000_0000_0001);

/// One event to be. What is `None` or null is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Which row it comes from: `workflow_traces 812`.
    pub row: String,
    pub id: Uuid,
    pub kind: EventType,
    pub at: Timestamp,
    pub node: Option<(String, u32)>,
    pub level: Option<String>,
    pub message: Option<String>,
    pub data: Value,
    pub output_summary: Value,
    pub error: Value,
    pub metadata: Value,
}

impl Draft {
    /// An event that follows from `row` of `run_id`. Rows that give several events differ in their kind.
    #[must_use]
    pub fn new(run_id: &str, row: impl Into<String>, kind: EventType, at: Timestamp) -> Self {
        let row = row.into();
        let id = Uuid::new_v5(&SPACE, format!("{run_id}\n{row}\n{kind}").as_bytes());
        Self {
            row,
            id,
            kind,
            at,
            node: None,
            level: None,
            message: None,
            data: Value::Null,
            output_summary: Value::Null,
            error: Value::Null,
            metadata: Value::Null,
        }
    }

    #[must_use]
    pub fn of_node(self, node_ref: impl Into<String>, attempt: u32) -> Self {
        Self { node: Some((node_ref.into(), attempt)), ..self }
    }

    #[must_use]
    pub fn with_message(self, message: Option<String>) -> Self {
        Self { message, ..self }
    }

    #[must_use]
    pub fn with_data(self, data: Value) -> Self {
        Self { data, ..self }
    }

    #[must_use]
    pub fn with_error(self, error: Value) -> Self {
        Self { error, ..self }
    }

    /// The event's JSON, with the run that it belongs to.
    #[must_use]
    pub fn text(&self, run_id: &str) -> String {
        let mut fields = Map::new();
        fields.insert("runId".into(), run_id.into());
        fields.insert("eventId".into(), self.id.to_string().into());
        fields.insert("type".into(), self.kind.as_str().into());
        fields.insert("occurredAt".into(), self.at.to_string().into());
        if let Some((node_ref, attempt)) = &self.node {
            fields.insert("nodeRef".into(), node_ref.as_str().into());
            fields.insert("attempt".into(), (*attempt).into());
        }
        let texts = [("level", &self.level), ("message", &self.message)];
        for (name, text) in texts {
            if let Some(text) = text {
                fields.insert(name.into(), text.as_str().into());
            }
        }
        let values = [
            ("data", &self.data),
            ("outputSummary", &self.output_summary),
            ("error", &self.error),
            ("metadata", &self.metadata),
        ];
        for (name, value) in values {
            if !value.is_null() {
                fields.insert(name.into(), value.clone());
            }
        }
        Value::Object(fields).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_gives_the_same_event_whenever_it_is_read() {
        let at = "2025-01-02T03:04:05Z".parse().unwrap();
        let draft = || {
            Draft::new("r", "workflow_traces 1", EventType::NodeStarted, at)
                .of_node("a", 2)
                .with_message(Some("m".into()))
        };
        assert_eq!(draft(), draft());
        assert_ne!(draft().id, Draft::new("r", "workflow_traces 2", EventType::NodeStarted, at).id);
        assert_ne!(draft().id, Draft::new("q", "workflow_traces 1", EventType::NodeStarted, at).id);
        let text = draft().text("r");
        let parsed: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(parsed["attempt"], 2);
        assert_eq!(parsed["occurredAt"], "2025-01-02T03:04:05.000000Z");
        assert!(parsed.get("data").is_none());
    }
}
