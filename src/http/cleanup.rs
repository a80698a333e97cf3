//! Deletion: plans, their applies, one run by its name, and what is left of a run that was purged.

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::app::SharedApp;
use super::endpoint::{Call, Head};
use super::fields::Fields;
use super::problem::Problem;
use super::{Response, body, schema};
use crate::facts::cleanup::{Criteria, DAYS_MAX, KEEP_LATEST_MAX, What};
use crate::facts::id::RunId;
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;
use crate::flow::artifacts::hex;
use crate::flow::cleanup::{self, ApplyError, PlanError};
use crate::store::cleanup::{self as store, Counts, Plan, PlanState};
use crate::store::clock;

/// Plans that the list shows.
const PLANS_LISTED: u32 = 100;
/// Longest name of a workflow.
const WORKFLOW_MAX_BYTES: usize = 256;

/// Which runs are to go; what is said must all fit, and something must be said.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct NewPlan {
    /// Ended longer ago than this.
    #[schema(minimum = 1, maximum = 36500)]
    older_than_days: Option<u32>,
    /// In one of these statuses, all of which are ends.
    status: Option<Vec<RunStatus>>,
    workflow: Option<String>,
    run_id: Option<String>,
    /// Not the newest so many of each workflow.
    #[schema(minimum = 1, maximum = 1000000)]
    keep_latest: Option<u32>,
    /// What of them goes; `runs` is all of it, `results` is logs and artifacts.
    what: Option<What>,
}

/// What a plan comes to, or has come to.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanCounts {
    runs: u64,
    events: u64,
    lines: u64,
    /// Of lines and artifacts.
    bytes: u64,
    artifacts: u64,
}

/// Where a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ShownState {
    Planned,
    Applying,
    Applied,
    Failed,
    Expired,
}

impl ShownState {
    fn of(plan: &Plan, now: Timestamp) -> Self {
        match plan.state {
            PlanState::Planned | PlanState::Listing if plan.expires_at < now => Self::Expired,
            PlanState::Planned | PlanState::Listing => Self::Planned,
            PlanState::Applying => Self::Applying,
            PlanState::Applied => Self::Applied,
            PlanState::Failed => Self::Failed,
        }
    }
}

/// A plan of deletion.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanDetail {
    plan_id: Uuid,
    #[serde(flatten)]
    counts: PlanCounts,
    what: What,
    #[schema(value_type = Object)]
    criteria: Criteria,
    state: ShownState,
    done: PlanCounts,
    /// The first runs of the set.
    #[schema(value_type = Vec<String>)]
    sample: Vec<RunId>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PlanPage {
    plans: Vec<PlanDetail>,
}

/// What a deletion came to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Purged {
    plan_id: Uuid,
    #[serde(flatten)]
    counts: PlanCounts,
}

/// What is left of a purged run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TombstoneDetail {
    #[schema(value_type = String)]
    run_id: RunId,
    workflow: Option<String>,
    status: RunStatus,
    head_seq: u64,
    /// The hash of its last event, in hexadecimal digits.
    head_hash: String,
    #[schema(value_type = String, format = DateTime)]
    purged_at: Timestamp,
    plan_id: Uuid,
}

impl From<Counts> for PlanCounts {
    fn from(counts: Counts) -> Self {
        let Counts { runs, events, lines, bytes, artifacts } = counts;
        Self { runs, events, lines, bytes, artifacts }
    }
}

impl PlanDetail {
    fn of(plan: Plan, now: Timestamp) -> Self {
        Self {
            state: ShownState::of(&plan, now),
            plan_id: plan.plan_id,
            counts: plan.counts.into(),
            what: plan.what,
            criteria: plan.criteria,
            done: plan.done.into(),
            sample: plan.sample,
            created_at: plan.created_at,
            expires_at: plan.expires_at,
            finished_at: plan.finished_at,
        }
    }
}

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Self {
        let said = error.to_string();
        match error {
            PlanError::NoSuchRun => Self::no_such_run(),
            PlanError::NotOver(status) => Self::new(StatusCode::CONFLICT, "run-not-over", said)
                .with_member("runStatus", status.as_str()),
            PlanError::Db(error) => error.into(),
        }
    }
}

impl From<ApplyError> for Problem {
    fn from(error: ApplyError) -> Self {
        let conflict = |kind, said| Self::new(StatusCode::CONFLICT, kind, said);
        let said = error.to_string();
        match error {
            ApplyError::NoSuchPlan => no_such_plan(),
            ApplyError::Changed => conflict("plan-changed", said),
            ApplyError::Expired => conflict("plan-expired", said),
            ApplyError::Busy => conflict("plan-busy", said),
            ApplyError::Plan(error) => error.into(),
            ApplyError::Db(error) => error.into(),
        }
    }
}

/// POST /api/v1/cleanup/plans
pub async fn create(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let mut fields = Fields::of(&body)?;
    let (criteria, what) = criteria(&mut fields);
    fields.check()?;
    let plan = cleanup::plan(&app.core, call.head.organization(), criteria, what).await?;
    let mut response = schema::json(&PlanDetail::of(plan, clock::now()));
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

fn criteria(fields: &mut Fields) -> (Criteria, What) {
    let bounded = |fields: &mut Fields, name: &str, most: u32| -> Option<u32> {
        let what = format!("a whole number from 1 to {most}");
        let number: i64 = fields.optional(name, &what)?;
        let fits = u32::try_from(number).ok().filter(|number| (1..=most).contains(number));
        if fits.is_none() {
            fields.fault(format!("/{name}"), format!("is not {what}"));
        }
        fits
    };
    let status: Vec<RunStatus> = fields.optional("status", "a list of statuses").unwrap_or_default();
    if let Some(going_on) = status.iter().find(|status| !status.is_terminal()) {
        fields.fault(
            "/status",
            format!("{going_on} is not the end of a run, and only what is over is deleted"),
        );
    }
    let criteria = Criteria {
        older_than_days: bounded(fields, "olderThanDays", DAYS_MAX),
        keep_latest: bounded(fields, "keepLatest", KEEP_LATEST_MAX),
        status,
        workflow: fields.text("workflow", WORKFLOW_MAX_BYTES),
        run_id: fields.optional("runId", "a run's id"),
        ..Criteria::default()
    };
    let what = fields.optional("what", "one of runs results logs artifacts").unwrap_or(What::Runs);
    if criteria.is_empty() {
        let detail = "says nothing of which runs: olderThanDays, status, workflow, runId or keepLatest";
        fields.fault("", detail);
    }
    (criteria, what)
}

/// GET /api/v1/cleanup/plans
pub async fn list(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let plans = store::list(&call.head.db(&app), call.head.organization(), PLANS_LISTED).await?;
    let now = clock::now();
    let plans = plans.into_iter().map(|plan| PlanDetail::of(plan, now)).collect();
    Ok(schema::json(&PlanPage { plans }))
}

/// GET /api/v1/cleanup/plans/{planId}
pub async fn show(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let plan = store::find(&call.head.db(&app), call.head.organization(), plan_id(&call.head)?).await?;
    Ok(schema::json(&PlanDetail::of(plan.ok_or_else(no_such_plan)?, clock::now())))
}

/// POST /api/v1/cleanup/plans/{planId}/apply
pub async fn apply(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let plan = cleanup::apply(&app.core, call.head.organization(), plan_id(&call.head)?).await?;
    let mut response = schema::json(&PlanDetail::of(plan, clock::now()));
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

/// DELETE /api/v1/runs/{runId}
pub async fn delete(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let criteria = Criteria::of_run(call.head.run_id()?);
    let removed = cleanup::removed(&app.core, call.head.organization(), criteria, What::Runs).await?;
    let mut response =
        schema::json(&Purged { plan_id: removed.plan.plan_id, counts: removed.plan.counts.into() });
    if !removed.is_done {
        *response.status_mut() = StatusCode::ACCEPTED;
    }
    Ok(response)
}

/// GET /api/v1/runs/{runId}/tombstone
pub async fn tombstone(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let found = store::tombstone(&call.head.db(&app), call.head.organization(), &call.head.run_id()?).await?;
    let found = found.ok_or_else(Problem::no_such_run)?;
    Ok(schema::json(&TombstoneDetail {
        run_id: found.run_id,
        workflow: found.workflow,
        status: found.status,
        head_seq: found.head_seq,
        head_hash: hex(&found.head_hash),
        purged_at: found.purged_at,
        plan_id: found.plan_id,
    }))
}

/// The plan that the path names; what is no plan's id names none.
fn plan_id(head: &Head) -> Result<Uuid, Problem> {
    head.params.get(0).parse().map_err(|_| no_such_plan())
}

fn no_such_plan() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such plan")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Criteria, What), Vec<String>> {
        let mut fields = Fields::parse(text.as_bytes()).unwrap();
        let read = criteria(&mut fields);
        let pointers = |problem: Problem| problem.errors.into_iter().map(|fault| fault.pointer).collect();
        fields.check().map(|()| read).map_err(pointers)
    }

    #[test]
    fn criteria_are_read_and_narrow_something() {
        let (criteria, what) = read(r#"{"olderThanDays":30,"status":["FAILED"],"what":"logs"}"#).unwrap();
        assert_eq!(
            (criteria.older_than_days, criteria.status, what),
            (Some(30), vec![RunStatus::Failed], What::Logs)
        );
        assert_eq!(read("{}").unwrap_err(), [""]);
        assert_eq!(read(r#"{"what":"logs"}"#).unwrap_err(), [""]);
    }

    #[test]
    fn what_would_delete_too_much_is_refused() {
        for (text, pointer) in [
            (r#"{"olderThanDays":0}"#, "/olderThanDays"),
            (r#"{"olderThanDays":-1}"#, "/olderThanDays"),
            (r#"{"olderThanDays":1.5}"#, "/olderThanDays"),
            (r#"{"workflow":"w","keepLatest":0}"#, "/keepLatest"),
            (r#"{"status":["RUNNING"]}"#, "/status"),
            (r#"{"status":["STALE"]}"#, "/status"),
            (r#"{"workflow":"w","what":"everything"}"#, "/what"),
        ] {
            assert!(read(text).unwrap_err().contains(&pointer.to_owned()), "{text}");
        }
    }
}
