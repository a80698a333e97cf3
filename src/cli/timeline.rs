//! A run's timeline from a server, gathered here, so that a rule file of this machine applies.

use std::path::Path;

use crate::client::{Client, Event as WireEvent, EventQuery};
use crate::facts::event::Event;
use crate::facts::id::RunId;
use crate::facts::json::Json;
use crate::facts::timeline::{Gatherer, Rules, Timeline};

use super::failure::Failure;

/// Large pages, since all of them are read.
const PAGE: u32 = 5_000;

/// The rules of a file, or the usual ones.
pub(crate) fn rules(file: Option<&Path>) -> Result<Rules, Failure> {
    let Some(path) = file else { return Ok(Rules::default()) };
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::WrongUse(format!("{} can't be read: {error}", path.display())))?;
    Rules::parse(&text).map_err(|fault| Failure::WrongUse(format!("the rules in {} {fault}", path.display())))
}

/// Everything that is told of the run up to now.
pub(crate) async fn timeline(client: &Client, run_id: &RunId, rules: &Rules) -> Result<Timeline, Failure> {
    let mut gatherer = Gatherer::new(run_id.clone(), rules);
    let mut after = 0;
    loop {
        let query = EventQuery { after, limit: Some(PAGE), ..EventQuery::default() };
        let page = client.read_events(run_id, &query).await?;
        for event in &page.events {
            let event = event_of(event)?;
            gatherer.take(&event).map_err(|full| Failure::WrongUse(full.to_string()))?;
        }
        let Some(last) = page.events.last() else { break };
        after = last.seq;
        if after >= page.head_seq {
            break;
        }
    }
    Ok(gatherer.finish())
}

/// The event as the fold reads it.
pub(crate) fn event_of(event: &WireEvent) -> Result<Event, Failure> {
    let unlike = |error: serde_json::Error| {
        Failure::WrongUse(format!(
            "event {} is of a kind that this version does not know: {error}",
            event.seq
        ))
    };
    let text = serde_json::to_string(event).map_err(unlike)?;
    let mut read = Event::from_stored(event.seq, event.recorded_at, &text).map_err(unlike)?;
    // Lateness is the journal's to say, and the fold's to find again.
    let late = read.metadata.as_ref().and_then(Json::read::<serde_json::Map<String, serde_json::Value>>);
    if let Some(mut metadata) = late
        && metadata.remove("late").is_some()
    {
        read.metadata = if metadata.is_empty() { None } else { Json::from_value(&metadata).ok() };
    }
    Ok(read)
}
