//! Appending to many runs with one request.

use reqwest::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};

use crate::facts::id::RunId;

use super::api::{Client, put};
use super::error::ClientError;
use super::events::NewEvent;
use super::transport::send_for_json;
use super::wire::AppendResult;

/// An event with the run it belongs to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventOfRun<'a> {
    run_id: &'a RunId,
    #[serde(flatten)]
    event: &'a NewEvent,
}

/// What became of each event, in the order sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AppendedAcross {
    pub results: Vec<AppendResult>,
}

impl Client {
    /// `POST /api/v1/events`: durable once answered, and safe to repeat. At most 5,000 events and 8 MiB.
    pub async fn append_events_across(
        &self,
        events: &[(&RunId, &NewEvent)],
    ) -> Result<AppendedAcross, ClientError> {
        let events: Vec<_> = events.iter().map(|(run_id, event)| EventOfRun { run_id, event }).collect();
        let request = self.http.post(self.url(&["api", "v1", "events"])).json(&events);
        send_for_json(&self.address(), request).await
    }

    /// The same for events of the past, one JSON text each, which name their runs: those that this makes take their place by the
    /// time of their first event.
    pub async fn append_past_events(&self, events: &[&str]) -> Result<AppendedAcross, ClientError> {
        let mut url = self.url(&["api", "v1", "events"]);
        put(&mut url, "historic", Some(true));
        let request =
            self.http.post(url).header(CONTENT_TYPE, "application/x-ndjson").body(events.join("\n"));
        send_for_json(&self.address(), request).await
    }
}
