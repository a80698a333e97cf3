//! Schedules: made, listed, changed and taken away.

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::app::SharedApp;
use super::endpoint::Call;
use super::fields::Fields;
use super::problem::Problem;
use super::{Response, body, schema};
use crate::facts::json::Json;
use crate::facts::schedule::Missed;
use crate::facts::time::Timestamp;
use crate::flow::schedules::{self, ScheduleError};
use crate::store::schedules::{SchedulePlan, ScheduleRow};

/// Longest name of a workflow.
const WORKFLOW_MAX_BYTES: usize = 256;
/// Longest expression or zone; what they may be is checked below.
const TEXT_MAX_BYTES: usize = 256;
/// Largest inputs: they lie in a row, and each tick makes an event of them.
const INPUTS_MAX_BYTES: usize = 48 * 1024;

/// A schedule to be.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct NewSchedule {
    /// A stored workflow.
    workflow: String,
    /// Minute, hour, day, month, weekday; or @hourly, @daily, @weekly, @monthly, @yearly.
    cron: String,
    /// Such as Europe/Berlin; UTC unless given.
    time_zone: Option<String>,
    #[schema(value_type = Option<Object>)]
    inputs: Option<Json>,
    /// What becomes of ticks that came while no server was there; `skip` unless given.
    #[schema(value_type = Option<String>, pattern = "^(skip|run-once)$")]
    missed: Option<Missed>,
    /// True unless given.
    enabled: Option<bool>,
}

/// What to change about a schedule; what is missing stays as it is.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct ScheduleChange {
    workflow: Option<String>,
    cron: Option<String>,
    time_zone: Option<String>,
    #[schema(value_type = Option<Object>)]
    inputs: Option<Json>,
    #[schema(value_type = Option<String>, pattern = "^(skip|run-once)$")]
    missed: Option<Missed>,
    enabled: Option<bool>,
}

/// A schedule.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    schedule_id: Uuid,
    workflow: String,
    cron: String,
    time_zone: String,
    #[schema(value_type = Option<Object>)]
    inputs: Option<Json>,
    #[schema(value_type = String, pattern = "^(skip|run-once)$")]
    missed: Missed,
    enabled: bool,
    /// Null while it is disabled.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Timestamp>,
    /// Its last tick.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_at: Option<Timestamp>,
    last_run_id: Option<String>,
    /// Why its last tick has started no run.
    last_error: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct ScheduleList {
    schedules: Vec<Schedule>,
}

impl From<ScheduleRow> for Schedule {
    fn from(row: ScheduleRow) -> Self {
        let plan = row.plan;
        Self {
            schedule_id: row.schedule_id,
            workflow: plan.workflow,
            cron: plan.cron,
            time_zone: plan.time_zone,
            inputs: plan.inputs.and_then(|text| Json::from_text(text).ok()),
            missed: plan.missed,
            enabled: plan.enabled,
            next_at: plan.next_at,
            last_at: row.last_at,
            last_run_id: row.last_run_id,
            last_error: row.last_error,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<ScheduleError> for Problem {
    fn from(error: ScheduleError) -> Self {
        let said = error.to_string();
        match error {
            ScheduleError::NoSuchSchedule => no_such_schedule(),
            ScheduleError::Invalid(faults) => faults.into(),
            ScheduleError::TooMany => Self::conflict(said),
            ScheduleError::Start(error) => error.into(),
            ScheduleError::Db(error) => error.into(),
        }
    }
}

fn no_such_schedule() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such schedule")
}

/// GET /api/v1/schedules
pub async fn list(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let workflow = query.text("workflow").map(str::to_owned);
    if workflow.as_ref().is_some_and(|name| name.contains('\0')) {
        query.fault("workflow", "holds U+0000");
    }
    query.check()?;
    let organization = call.head.organization();
    let rows = crate::store::schedules::list(&call.head.db(&app), organization, workflow.as_deref()).await?;
    Ok(schema::json(&ScheduleList { schedules: rows.into_iter().map(Schedule::from).collect() }))
}

/// POST /api/v1/schedules
pub async fn create(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let plan = plan(Fields::of(&body)?, None)?;
    let row = schedules::create(&app.core, call.head.organization(), plan).await?;
    let mut response = schema::json(&Schedule::from(row));
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// PUT /api/v1/schedules/{scheduleId}
pub async fn put(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let id = id(call.head.params.get(0))?;
    let organization = call.head.organization();
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let found = crate::store::schedules::find(&call.head.db(&app), organization, id).await?;
    let now = found.ok_or_else(no_such_schedule)?;
    let plan = plan(Fields::of(&body)?, Some(now.plan))?;
    let row = schedules::change(&app.core, organization, id, plan).await?;
    Ok(schema::json(&Schedule::from(row)))
}

/// DELETE /api/v1/schedules/{scheduleId}
pub async fn delete(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let id = id(call.head.params.get(0))?;
    if !crate::store::schedules::delete(&app.core.db, call.head.organization(), id).await? {
        return Err(no_such_schedule());
    }
    let mut response = Response::new(Default::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// What is no id is no schedule's.
fn id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| no_such_schedule())
}

/// The plan that the fields make, over one that is there.
fn plan(mut fields: Fields, before: Option<SchedulePlan>) -> Result<SchedulePlan, Problem> {
    let text = |fields: &mut Fields, name: &str, most: usize, before: Option<&String>| {
        let given = fields.text(name, most).or_else(|| before.cloned());
        if given.as_ref().is_some_and(|text| text.contains('\0')) {
            fields.fault(format!("/{name}"), "holds U+0000");
        }
        given
    };
    let was = before.as_ref();
    let workflow = text(&mut fields, "workflow", WORKFLOW_MAX_BYTES, was.map(|it| &it.workflow));
    let cron = text(&mut fields, "cron", TEXT_MAX_BYTES, was.map(|it| &it.cron));
    let zone = text(&mut fields, "timeZone", TEXT_MAX_BYTES, was.map(|it| &it.time_zone));
    for (name, given) in [("workflow", &workflow), ("cron", &cron)] {
        if given.is_none() {
            fields.fault(format!("/{name}"), "is missing");
        }
    }
    let missed = fields.optional("missed", "`skip` or `run-once`");
    let enabled = fields.optional("enabled", "true or false");
    let inputs = fields.json("inputs");
    if inputs.as_ref().is_some_and(|inputs| inputs.get().len() > INPUTS_MAX_BYTES) {
        fields.fault("/inputs", format!("are more than {INPUTS_MAX_BYTES} bytes"));
    }
    fields.check()?;
    let inputs = inputs.map(|json| json.get().to_owned()).or_else(|| was.and_then(|it| it.inputs.clone()));
    Ok(SchedulePlan {
        workflow: workflow.unwrap_or_default(),
        cron: cron.unwrap_or_default(),
        time_zone: zone.unwrap_or_else(|| "UTC".to_owned()),
        inputs,
        missed: missed.or(was.map(|it| it.missed)).unwrap_or(Missed::Skip),
        enabled: enabled.or(was.map(|it| it.enabled)).unwrap_or(true),
        next_at: None,
    })
}
