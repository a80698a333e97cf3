//! A workflow's executions, as AutomateOS' clients ask for them.

use serde::Serialize;
use utoipa::ToSchema;

use super::words::older_time;
use crate::facts::cleanup::{Criteria, What};
use crate::facts::execution::ExecutionStatus;
use crate::facts::json::Json;
use crate::facts::run::RunHead;
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;
use crate::flow::cleanup as deletion;
use crate::http::app::SharedApp;
use crate::http::endpoint::Call;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::runs::key_at;
use crate::http::workflows::no_such_workflow;
use crate::http::{Response, schema};
use crate::store::executions::{self, ExecutionFilter};
use crate::store::runs;

/// Largest page, and the one that is given unasked.
const PAGE_MAX: u32 = 100;
const PAGE: u32 = 50;
/// The farthest a page may begin: what lies before it is gone through each time.
const OFFSET_MAX: u64 = 1_000_000;

/// Days that are kept at most, and unasked.
const DAYS_MAX: u64 = 365;
const DAYS: u64 = 30;

/// An execution of a workflow.
#[derive(Debug, Serialize, ToSchema)]
pub struct Execution {
    id: u64,
    workflow_id: Option<String>,
    status: ExecutionStatus,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
    error_message: Option<String>,
}

/// A page of them, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Executions(Vec<Execution>);

/// An execution with what went into it and what came out.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExecutionDetail {
    #[serde(flatten)]
    execution: Execution,
    #[schema(value_type = Option<Object>)]
    payload: Option<Json>,
    #[schema(value_type = Option<Object>)]
    result: Option<Json>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExecutionCount {
    count: u64,
}

fn execution(number: u64, registered_at: Timestamp, head: RunHead) -> Execution {
    let status = ExecutionStatus::of(head.status.unwrap_or(RunStatus::Queued));
    Execution {
        id: number,
        workflow_id: head.workflow,
        status,
        started_at: head.started_at.or(head.queued_at).unwrap_or(registered_at),
        completed_at: head.completed_at,
        error_message: head.failure.map(|failure| failure.reason),
    }
}

/// GET /workflows/{id}/logs
pub async fn list(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let limit = query.limit(PAGE_MAX, PAGE);
    let offset = query.number("offset", 0..=OFFSET_MAX).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    let filter = filter(&call, query)?;
    check_workflow(&app, &call, &filter.workflow).await?;
    let page = executions::list(&app.core.db, call.head.organization(), &filter, limit, offset).await?;
    let listed = page.into_iter().map(|run| execution(run.number, run.run_key.registered_at(), run.head));
    Ok(schema::json(&Executions(listed.collect())))
}

/// GET /workflows/{id}/logs/count
pub async fn count(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let filter = filter(&call, call.head.query())?;
    check_workflow(&app, &call, &filter.workflow).await?;
    let count = executions::count(&app.core.db, call.head.organization(), &filter).await?;
    Ok(schema::json(&ExecutionCount { count }))
}

/// GET /logs/{id}
pub async fn show(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let (db, organization) = (&app.core.db, call.head.organization());
    let number: i64 = call.head.params.get(0).parse().map_err(|_| Problem::no_such_run())?;
    let run_id = executions::numbered(db, organization, number).await?.ok_or_else(Problem::no_such_run)?;
    let (key, run) = runs::state(db, organization, &run_id).await?.ok_or_else(Problem::no_such_run)?;
    let execution = execution(number.unsigned_abs(), key.registered_at(), run.head);
    let detail = ExecutionDetail { execution, payload: run.documents.inputs, result: run.documents.result };
    Ok(schema::json(&detail))
}

/// Which runs the path and the query name.
fn filter(call: &Call, mut query: Query) -> Result<ExecutionFilter, Problem> {
    let status: Option<ExecutionStatus> = query.parsed("status");
    let since = time(&mut query, "since");
    let until = time(&mut query, "until");
    query.check()?;
    Ok(ExecutionFilter {
        workflow: call.head.params.get(0).to_owned(),
        statuses: status.map(ExecutionStatus::statuses).unwrap_or_default(),
        from: since.map(|since| key_at(since, 0)),
        to: until.map(|until| key_at(until, 999)),
    })
}

fn time(query: &mut Query, name: &str) -> Option<Timestamp> {
    let time = older_time(query.text(name)?);
    if time.is_none() {
        query.fault(name, "is not a time");
    }
    time
}

/// 404 unless the workflow is one of the caller's.
async fn check_workflow(app: &SharedApp, call: &Call, name: &str) -> Result<(), Problem> {
    let is_known = !name.contains('\0')
        && executions::knows_workflow(&app.core.db, call.head.organization(), name).await?;
    if is_known { Ok(()) } else { Err(no_such_workflow()) }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CleanedUp {
    deleted_count: u64,
}

/// DELETE /logs/cleanup
pub async fn cleanup(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let days = query.number("days_to_keep", 1..=DAYS_MAX).unwrap_or(DAYS);
    let is_dry = query.flag("dry_run", false);
    query.check()?;
    let criteria = Criteria { older_than_days: u32::try_from(days).ok(), ..Criteria::default() };
    let (core, organization) = (&app.core, call.head.organization());
    let plan = if is_dry {
        deletion::plan(core, organization, criteria, What::Runs).await?
    } else {
        // What takes too long goes on by itself; it is as good as gone.
        deletion::removed(core, organization, criteria, What::Runs).await?.plan
    };
    Ok(schema::json(&CleanedUp { deleted_count: plan.counts.runs }))
}
