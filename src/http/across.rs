//! Events of many runs: POST and GET /api/v1/events.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use futures_util::future::join_all;
use indexmap::IndexMap;
use serde::Deserialize;
use tokio::time::{Instant, sleep, sleep_until};

use super::app::SharedApp;
use super::body;
use super::caller::{Caller, Right};
use super::cursor::{events_cursor, parse_events_cursor};
use super::endpoint::Call;
use super::events::{EVENTS_PAGE, EVENTS_PAGE_MAX, WAIT_MAX_SECONDS, is_single, push_events, run_id_pointer};
use super::problem::Problem;
use super::{Response, gate, schema};
use crate::facts::account::Limit;
use crate::facts::event_input::{EventInput, Fault};
use crate::facts::id::RunId;
use crate::flow::ingest;
use crate::store::journal::read::{self, Position};
use crate::store::journal::{CommittedEvent, EventResult};
use crate::store::{clock, partitions};

/// First pause between two looks of a long poll that commits wake.
const LOOK_PAUSE: Duration = Duration::from_millis(5);
/// Longest one, where commits of other types come and come: bounds what many waiting pollers cost.
const LOOK_PAUSE_MAX: Duration = Duration::from_millis(200);
/// A look without a tick: a commit becomes visible here only once all that began before it are over.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// A run's events with the places they had in the request.
type Group = (Vec<usize>, Vec<EventInput>);

/// POST /api/v1/events
pub async fn append(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let is_past = query.flag("historic", false);
    query.check()?;
    if is_past && !call.head.caller.may(Right::Edit) {
        return Err(Problem::no_right());
    }
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let events = ingest::parse_events(&body.bytes, body.format, clock::now())?;
    let groups = by_run(events, is_single(&body.bytes, body.format))?;
    let organization = call.head.organization();
    for run_id in groups.keys() {
        gate::check_run(&app.core.db, &call.head.caller, run_id.as_str()).await?;
    }
    if is_past {
        let firsts = groups.values().filter_map(|(_, events)| events.first());
        let times = firsts.map(|first| first.event.occurred_at);
        partitions::ensure_past(&app.core.db, times, clock::now()).await?;
    }
    let appends = groups.into_iter().map(|(run_id, (places, events))| {
        let core = &app.core;
        async move {
            let appended = match is_past {
                true => ingest::append_past(core, organization, run_id.clone(), events).await,
                false => ingest::append(core, organization, run_id.clone(), events, None).await,
            };
            (run_id, places, appended)
        }
    });
    // Each run's part stands by itself; after a 503 sending all again is safe, since event ids are known.
    let mut results: Vec<(usize, schema::RunEventResult)> = Vec::new();
    let mut runs = Vec::new();
    for (run_id, places, appended) in join_all(appends).await {
        let appended = appended?;
        runs.push(schema::RunHeadSeq { run_id: run_id.to_string(), head_seq: appended.head_seq });
        let named = appended.results.into_iter().map(|result| named(&run_id, result));
        results.extend(places.into_iter().zip(named));
    }
    results.sort_unstable_by_key(|(place, _)| *place);
    let results = results.into_iter().map(|(_, result)| result).collect();
    Ok(schema::json(&schema::AppendedAcross { runs, results }))
}

fn named(run_id: &RunId, result: EventResult) -> schema::RunEventResult {
    schema::RunEventResult { run_id: run_id.to_string(), result }
}

/// Groups events by run, in the order in which the runs first appear; every event must name its run.
fn by_run(events: Vec<EventInput>, single: bool) -> Result<IndexMap<RunId, Group>, Problem> {
    let mut groups: IndexMap<RunId, Group> = IndexMap::new();
    let mut faults = Vec::new();
    for (index, event) in events.into_iter().enumerate() {
        let mut fault = |detail: String| {
            faults.push(Fault { pointer: run_id_pointer(index, single), detail, is_size: false });
        };
        match event.run_id.clone() {
            Some(run_id) => {
                if let Err(error) = run_id.check_new() {
                    fault(error.to_string());
                }
                let (places, events) = groups.entry(run_id).or_default();
                places.push(index);
                events.push(event);
            }
            None => fault("is missing: here each event names its run".into()),
        }
    }
    if faults.is_empty() { Ok(groups) } else { Err(faults.into()) }
}

/// GET /api/v1/events
pub async fn page(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let limit = query.limit(EVENTS_PAGE_MAX, EVENTS_PAGE);
    let wait = query.number("wait", 0..=WAIT_MAX_SECONDS).unwrap_or(0);
    let kinds = query.words("type");
    let installation = &app.core.installation;
    let position = match query.text("cursor") {
        Some(text) => parse_events_cursor(text, installation)?,
        None => Position::default(),
    };
    query.check()?;
    let deadline = Instant::now() + Duration::from_secs(wait);
    let mut commits = app.core.feed.any_commit();
    let mut pause = LOOK_PAUSE;
    loop {
        commits.mark_unchanged();
        // Before the page: what the page then lacks up to there is gone, and not still to come.
        let last_purged = read::last_purged(&call.head.db(&app), call.head.organization(), position).await?;
        let page =
            read::across(&call.head.db(&app), call.head.organization(), position, limit, &kinds).await?;
        let left = deadline.saturating_duration_since(Instant::now());
        if !page.is_empty() || last_purged.is_some() || left.is_zero() || app.lifetime.stop.is_cancelled() {
            let is_full = page.len() == limit as usize;
            let next =
                next_position(position, page.last().map(|(position, _)| *position), is_full, last_purged);
            let purged = match last_purged {
                Some(_) => {
                    read::purged_between(&call.head.db(&app), call.head.organization(), position, next.xid)
                        .await?
                }
                None => 0,
            };
            let page = within_limit(&app, &call.head.caller, page).await?;
            let events = page.iter().map(|(_, event)| event);
            return Ok(schema::json_text(page_text(events, &events_cursor(installation.id, next), purged)));
        }
        let looked = Instant::now();
        tokio::select! {
            // A feed that is gone never ticks; the look after a while is what remains.
            () = async { if commits.changed().await.is_err() { std::future::pending::<()>().await } } => {
                sleep_until(looked + pause.min(left)).await;
            }
            () = sleep(LOOK_AGAIN.min(left)) => {}
            () = app.lifetime.stop.cancelled() => {}
        }
        pause = (pause * 2).min(LOOK_PAUSE_MAX);
    }
}

/// Where the next page begins: behind the last event and, where the page ends for want of more, behind what was purged.
fn next_position(
    from: Position,
    last: Option<Position>,
    is_full: bool,
    last_purged: Option<i64>,
) -> Position {
    let last = last.unwrap_or(from);
    match last_purged {
        Some(xid) if !is_full && xid > last.xid => Position { xid, pos: i32::MAX },
        _ => last,
    }
}

/// What a limited caller may see of the page; the cursor goes on behind all of it.
async fn within_limit(
    app: &SharedApp,
    caller: &Caller,
    page: Vec<(Position, CommittedEvent)>,
) -> Result<Vec<(Position, CommittedEvent)>, Problem> {
    if caller.limit == Limit::None {
        return Ok(page);
    }
    let mut reached: HashMap<RunId, bool> = HashMap::new();
    let mut kept = Vec::new();
    for (position, event) in page {
        // Every stored body names its run.
        let Ok(Named { run_id }) = serde_json::from_str(&event.body) else { continue };
        let is_reached = match reached.get(&run_id) {
            Some(known) => *known,
            None => match gate::check_run(&app.core.db, caller, run_id.as_str()).await {
                Ok(()) => true,
                Err(problem) if problem.status == http::StatusCode::NOT_FOUND => false,
                Err(problem) => return Err(problem),
            },
        };
        reached.insert(run_id, is_reached);
        if is_reached {
            kept.push((position, event));
        }
    }
    Ok(kept)
}

/// The run that an event's body names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    run_id: RunId,
}

fn page_text<'a>(events: impl Iterator<Item = &'a CommittedEvent>, cursor: &str, purged: u64) -> String {
    let mut out = String::from("{\"events\":[");
    push_events(&mut out, events);
    // Writing into memory does not fail; a cursor is base64url, so that nothing in it wants escaping.
    let _ = write!(out, "],\"nextCursor\":\"{cursor}\",\"purged\":{purged}}}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::event_input::{Defaults, parse_event};

    fn event(run_id: &str) -> EventInput {
        let text = format!(r#"{{"type":"NOTE","runId":"{run_id}"}}"#);
        let defaults = Defaults { received_at: clock::now(), event_id: uuid::Uuid::nil() };
        parse_event(&text, "", defaults).unwrap()
    }

    #[test]
    fn events_are_grouped_by_run_and_keep_their_places() {
        let groups = by_run(vec![event("b"), event("a"), event("b")], false).unwrap();
        let places: Vec<(&str, &[usize])> =
            groups.iter().map(|(run, (places, _))| (run.as_str(), &places[..])).collect();
        assert_eq!(places, [("b", &[0, 2][..]), ("a", &[1][..])]);
    }

    #[test]
    fn what_was_purged_is_passed_over_only_where_nothing_else_is_left() {
        let at = |xid, pos| Position { xid, pos };
        assert_eq!(next_position(at(1, 2), None, false, None), at(1, 2));
        assert_eq!(next_position(at(1, 2), None, false, Some(7)), at(7, i32::MAX));
        assert_eq!(next_position(at(1, 2), Some(at(9, 1)), false, Some(7)), at(9, 1));
        assert_eq!(next_position(at(1, 2), Some(at(5, 1)), true, Some(7)), at(5, 1));
    }

    #[test]
    fn an_event_without_a_run_is_named() {
        let mut nameless = event("a");
        nameless.run_id = None;
        let problem = by_run(vec![event("a"), nameless], false).unwrap_err();
        assert_eq!(problem.errors[0].pointer, "/1/runId");
    }
}
