//! Runs: start or register, list, look at.

use std::collections::BTreeMap;

use http::StatusCode;
use http::header::{HeaderValue, LOCATION};
use uuid::Uuid;

use super::app::SharedApp;
use super::cursor::{list_cursor, parse_list_cursor};
use super::endpoint::{Call, Head};
use super::new_run::{self, RunRequest};
use super::problem::Problem;
use super::query::Query;
use super::schema::Engine;
use super::{Response, body, schema};
use crate::facts::account::Limit;
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::time::Timestamp;
use crate::flow::{inputs, start, views};
use crate::store::runs;
use crate::store::search::{self, RunFilter};

/// Largest page of the list, and the one that is given unasked (contract).
const RUNS_PAGE_MAX: u32 = 200;
const RUNS_PAGE: u32 = 50;
/// Longest idempotency key: it is a primary key.
const IDEMPOTENCY_KEY_MAX_BYTES: usize = 255;
/// Longest text to look for in the list.
const SEARCH_MAX_BYTES: usize = 256;

/// POST /api/v1/runs
pub async fn create(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let key = idempotency_key(&call.head)?;
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let request = new_run::parse(&body)?;
    let may_begin = match &call.head.caller.limit {
        Limit::None => true,
        Limit::Workflow(only) => *only == request.workflow,
        Limit::Run(only) => request.run_id.as_ref() == Some(only),
    };
    if !may_begin {
        return Err(Problem::no_right());
    }
    begin(&app, call.head.organization(), key.as_deref(), request).await
}

/// Starts or registers a run, once for each key and each run id.
pub async fn begin(
    app: &SharedApp,
    organization: OrganizationId,
    key: Option<&str>,
    request: RunRequest,
) -> Result<Response, Problem> {
    if request.engine == Engine::Temporal {
        let detail = "this server has no Temporal engine yet";
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "not-implemented", detail));
    }
    let run_id = match key {
        None => request.run_id.clone().unwrap_or_else(new_run::generated_id),
        Some(key) => claimed_id(app, organization, key, &request).await?,
    };
    let workflow = request.workflow.clone();
    let created = match request.engine {
        Engine::Local => {
            start::start(&app.core, organization, request.into_start(run_id.clone())).await?.created
        }
        _ => {
            let run = request.into_run(run_id.clone());
            inputs::create_run(&app.core, organization, run).await?.created
        }
    };
    if !created {
        check_same_workflow(app, organization, &run_id, &workflow).await?;
    }
    let state = views::run_state(&app.core, organization, &run_id, None).await?;
    let state = state.ok_or_else(|| Problem::internal("a run that was just made is not there"))?;
    let mut response = schema::json_text(state.get().to_owned());
    *response.status_mut() = if created { StatusCode::CREATED } else { StatusCode::OK };
    if let Ok(location) = HeaderValue::from_str(&format!("/api/v1/runs/{run_id}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// The request's Idempotency-Key, if it has one.
pub fn idempotency_key(head: &Head) -> Result<Option<String>, Problem> {
    let Some(value) = head.headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text.is_empty() || text.len() > IDEMPOTENCY_KEY_MAX_BYTES {
        let detail = format!("is 1 to {IDEMPOTENCY_KEY_MAX_BYTES} bytes of visible ASCII");
        return Err(Problem::invalid_at("Idempotency-Key", detail));
    }
    Ok(Some(text.to_owned()))
}

/// The run that the key stands for: the first request's, whatever a later one asks for.
async fn claimed_id(
    app: &SharedApp,
    organization: OrganizationId,
    key: &str,
    request: &RunRequest,
) -> Result<RunId, Problem> {
    let wanted = request.run_id.clone().unwrap_or_else(new_run::generated_id);
    let bound = runs::claim_idempotency_key(&app.core.db, organization, key, &wanted).await?;
    if request.run_id.is_some() && bound != wanted {
        return Err(Problem::conflict(format!("this Idempotency-Key was used for the run {bound}")));
    }
    Ok(bound)
}

async fn check_same_workflow(
    app: &SharedApp,
    organization: OrganizationId,
    run_id: &RunId,
    workflow: &str,
) -> Result<(), Problem> {
    let state = runs::state(&app.core.db, organization, run_id).await?;
    match state.and_then(|(_, run)| run.head.workflow) {
        Some(other) if other != workflow => {
            Err(Problem::conflict(format!("the run {run_id} exists already, of the workflow {other}")))
        }
        _ => Ok(()),
    }
}

/// GET /api/v1/runs/{runId}
pub async fn state(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let at_seq = query.number("atSeq", 1..=super::query::SEQ_MAX);
    query.check()?;
    let run_id = call.head.run_id()?;
    let state = views::run_state(&app.core, call.head.organization(), &run_id, at_seq).await?;
    Ok(schema::json_text(state.ok_or_else(Problem::no_such_run)?.get().to_owned()))
}

/// GET /api/v1/runs
pub async fn list(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let limit = query.limit(RUNS_PAGE_MAX, RUNS_PAGE);
    let before = match query.text("cursor") {
        Some(text) => Some(parse_list_cursor(text)?),
        None => None,
    };
    let mut filter = filter(&mut query);
    query.check()?;
    match &call.head.caller.limit {
        Limit::None => {}
        Limit::Workflow(only) if filter.workflow.as_ref().is_none_or(|wanted| wanted == only) => {
            filter.workflow = Some(only.clone());
        }
        Limit::Workflow(_) => {
            return Ok(schema::json(&schema::RunPage { runs: Vec::new(), next_cursor: None }));
        }
        Limit::Run(only) => {
            let found = runs::find(&call.head.db(&app), call.head.organization(), only).await?;
            let keys: Vec<RunKey> = found.iter().map(|row| row.run_key).collect();
            let page = runs::by_keys(&call.head.db(&app), call.head.organization(), &keys).await?;
            let runs = page.iter().map(views::run_summary).collect();
            return Ok(schema::json(&schema::RunPage { runs, next_cursor: None }));
        }
    }
    // One more than asked for tells whether there is another page.
    let mut page =
        search::list(&call.head.db(&app), call.head.organization(), before, &filter, limit + 1).await?;
    let has_more = page.len() > limit as usize;
    page.truncate(limit as usize);
    let next_cursor = page.last().filter(|_| has_more).map(|run| list_cursor(run.run_key));
    let runs = page.iter().map(views::run_summary).collect();
    Ok(schema::json(&schema::RunPage { runs, next_cursor }))
}

/// What the list is narrowed to.
pub fn filter(query: &mut Query) -> RunFilter {
    let since: Option<Timestamp> = query.parsed("since");
    let until: Option<Timestamp> = query.parsed("until");
    let text = query.text("q").filter(|text| !text.is_empty()).map(str::to_owned);
    if text.as_ref().is_some_and(|text| text.len() > SEARCH_MAX_BYTES || text.contains('\0')) {
        query.fault("q", format!("is longer than {SEARCH_MAX_BYTES} bytes or holds U+0000"));
    }
    if query.text("workflow").is_some_and(|name| name.contains('\0')) {
        query.fault("workflow", "holds U+0000");
    }
    let triggers: Vec<String> = query.words("trigger");
    if triggers.iter().any(|trigger| trigger.contains('\0')) {
        query.fault("trigger", "holds U+0000");
    }
    RunFilter {
        workflow: query.text("workflow").map(str::to_owned),
        statuses: query.words("status"),
        triggers,
        from: since.map(|since| key_at(since, 0)),
        to: until.map(|until| key_at(until, 999)),
        labels: labels(query),
        text,
    }
}

/// `label=key:value` or `key=value`, repeated: all of them must be there.
fn labels(query: &mut Query) -> BTreeMap<String, String> {
    let pair = |label: &str| {
        let (name, value) = label.split_once([':', '=']).filter(|(name, _)| !name.is_empty())?;
        (!label.contains('\0')).then(|| (name.to_owned(), value.to_owned()))
    };
    let pairs: Option<BTreeMap<String, String>> = query.texts("label").map(pair).collect();
    pairs.unwrap_or_else(|| {
        query.fault("label", "is key:value");
        BTreeMap::new()
    })
}

/// The lowest run key of a time, in whole milliseconds, `round_up` of 0 or 999 microseconds: keys are UUIDv7, whose
/// first 48 bits are milliseconds since 1970.
pub fn key_at(time: Timestamp, round_up: i64) -> Uuid {
    let millis = (time.as_micros() + round_up).max(0).unsigned_abs() / 1_000;
    Uuid::from_u128(u128::from(millis.min((1 << 48) - 1)) << 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_filter_is_read() {
        let raw = "workflow=w&status=FAILED,STALE&trigger=api,schedule&label=team:red&label=env%3Dprod&since=2026-11-22T10:00:00Z&q=x";
        let mut query = Query::parse(Some(raw));
        let filter = filter(&mut query);
        query.check().unwrap();
        assert_eq!((filter.workflow.as_deref(), filter.statuses.len()), (Some("w"), 2));
        assert_eq!(filter.triggers, ["api", "schedule"]);
        let labels: Vec<(&str, &str)> =
            filter.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(labels, [("env", "prod"), ("team", "red")]);
        let from = filter.from.unwrap();
        assert_eq!(from.as_u128() >> 80, 1_795_341_600_000);
        assert!(filter.to.is_none());
    }

    #[test]
    fn bounds_of_time_are_whole_milliseconds() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(key_at(at("1970-01-01T00:00:00.001500Z"), 0).as_u128() >> 80, 1);
        assert_eq!(key_at(at("1970-01-01T00:00:00.001500Z"), 999).as_u128() >> 80, 2);
        assert_eq!(key_at(at("1970-01-01T00:00:00.001Z"), 999).as_u128() >> 80, 1);
        let time = at("2026-11-22T10:00:00.123Z");
        assert_eq!(RunKey(key_at(time, 0)).registered_at(), time);
        assert_eq!(key_at(at("1960-01-01T00:00:00Z"), 0), Uuid::nil());
    }

    #[test]
    fn bad_filters_are_named() {
        let mut query = Query::parse(Some("status=BUSY&since=yesterday&label=x&q=%00"));
        filter(&mut query);
        let pointers: Vec<String> =
            query.check().unwrap_err().errors.into_iter().map(|f| f.pointer).collect();
        assert_eq!(pointers, ["?since", "?q", "?status", "?label"]);
    }
}
