//! An approval: a person is asked, and the run waits for the answer, which the server appends as NODE_INPUT_RECEIVED.
//!
//! The waiting holds nothing but a request: a worker that dies meanwhile is followed by another that waits on.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::client::{Client, EventQuery, NewEvent, backoff};
use crate::facts::event::EventType;
use crate::facts::id::{NodeRef, RunId};
use crate::facts::json::Json;
use crate::facts::workflow::expression::ExpressionFault;
use crate::facts::workflow::model::Approval;
use crate::facts::workflow::scope::Scope;

use super::engine::{Exit, Limit};
use super::story;

/// Longest wait of one request (contract: 30 s).
const WAIT: Duration = Duration::from_secs(30);

/// What a person said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub approved: bool,
    /// The node's output.
    pub output: Value,
}

/// The fields of NODE_INPUT_RECEIVED's data.
#[derive(Debug, Deserialize)]
struct Input {
    #[serde(default)]
    approved: bool,
    #[serde(default)]
    data: Option<Value>,
    #[serde(default)]
    comment: Option<String>,
    #[serde(default)]
    by: Option<String>,
}

/// The event that puts the question.
pub(super) fn asked(
    approval: &Approval,
    scope: &Scope,
    node: &NodeRef,
    attempt: u32,
) -> Result<NewEvent, ExpressionFault> {
    let message = approval.message.text(scope)?;
    let form = approval.form.as_ref().map(|form| form.written());
    let event = story::node_event(EventType::NodeAwaitingInput, node, attempt)
        .with_data(json!({ "message": message, "form": form }));
    Ok(event.with_message(message))
}

/// Waits for the answer to this attempt. The error is how the attempt ended without one.
pub(super) async fn answer(
    client: &Client,
    run_id: &RunId,
    node: &NodeRef,
    attempt: u32,
    timeout: Limit,
    stop: &CancellationToken,
) -> Result<Answer, Exit> {
    tokio::select! {
        answer = received(client, run_id, node, attempt) => answer,
        () = stop.cancelled() => Err(Exit::Stopped),
        limit = timeout.is_up() => Err(Exit::NotAnswered(limit)),
    }
}

async fn received(client: &Client, run_id: &RunId, node: &NodeRef, attempt: u32) -> Result<Answer, Exit> {
    let mut query = EventQuery {
        kind: Some(EventType::NodeInputReceived),
        node_ref: Some(node.to_string()),
        wait: Some(WAIT),
        ..EventQuery::default()
    };
    let mut failures = 0;
    loop {
        match client.read_events(run_id, &query).await {
            Ok(page) => {
                failures = 0;
                query.after = page.events.last().map_or(query.after, |event| event.seq);
                let own = page.events.into_iter().find(|event| event.attempt.unwrap_or(1) == attempt);
                if let Some(event) = own {
                    return Ok(read(event.data.as_ref()));
                }
                if page.ended {
                    return Err(Exit::Stopped);
                }
            }
            Err(error) if error.is_transient() => {
                failures += 1;
                tokio::time::sleep(backoff(failures, rand::random())).await;
            }
            Err(error) => return Err(Exit::Lost { reason: error.to_string() }),
        }
    }
}

/// An answer whose data can't be read is no.
fn read(data: Option<&Json>) -> Answer {
    let input = data.and_then(|data| serde_json::from_str::<Input>(data.get()).ok());
    let Some(Input { approved, data, comment, by }) = input else {
        return Answer { approved: false, output: json!({ "approved": false }) };
    };
    let mut output = json!({ "approved": approved });
    for (name, value) in [("data", data), ("comment", comment.map(Value::from)), ("by", by.map(Value::from))]
    {
        if let Some(value) = value {
            output[name] = value;
        }
    }
    Answer { approved, output }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        let of = |text: &str| read(Some(&Json::from_text(text.to_owned()).unwrap()));
        let yes = of(r#"{"approved":true,"data":{"days":3},"by":"ada"}"#);
        assert!(yes.approved);
        assert_eq!(yes.output, json!({ "approved": true, "data": { "days": 3 }, "by": "ada" }));
        assert!(!of(r#"{"approved":false}"#).approved);
        assert!(!of(r#"{}"#).approved);
        assert!(!of(r#"[]"#).approved);
        assert!(!read(None).approved);
    }
}
