//! Schedules: workflows that the clock starts.
//!
//! ```text
//! every second, on every server: rows whose time has come ─► decide (one server wins) ─► start the run that the tick names ─► done
//! ```
//! A tick's run id follows from the schedule and the tick. So a crash between deciding and starting is mended by whoever looks next, and two
//! that start at once start one run.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};
use uuid::Uuid;

use super::Core;
use super::start::{self, StartError, StartRequest};
use crate::facts::event_input::Fault;
use crate::facts::id::{OrganizationId, RunId};
use crate::facts::json::Json;
use crate::facts::schedule::Clockwork;
use crate::facts::time::Timestamp;
use crate::store::db::DbError;
use crate::store::journal::AppendError;
use crate::store::schedules::{self, PER_ORGANIZATION_MAX, SchedulePlan, ScheduleRow};
use crate::store::{clock, db};

/// A tick is a minute, so that a second's delay is little; the query finds its rows by an index.
const ROUND_EVERY: Duration = Duration::from_secs(1);
/// Schedules looked after in one round; while it is full there is another at once.
const PER_ROUND: u32 = 200;
/// Longest reason that is kept.
const ERROR_MAX_BYTES: usize = 1_000;

/// Why a schedule is not made.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    #[error("there is no such schedule")]
    NoSuchSchedule,
    #[error("the schedule is not as it should be")]
    Invalid(Vec<Fault>),
    #[error("an organization has at most {PER_ORGANIZATION_MAX} schedules")]
    TooMany,
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Makes a schedule. What it says of its next time is worked out here.
pub async fn create(
    core: &Core,
    organization: OrganizationId,
    plan: SchedulePlan,
) -> Result<ScheduleRow, ScheduleError> {
    let (id, now) = (Uuid::now_v7(), clock::now());
    let plan = checked(core, organization, plan, now).await?;
    if !schedules::insert(&core.db, organization, id, &plan, now).await? {
        return Err(ScheduleError::TooMany);
    }
    schedules::find(&core.db, organization, id).await?.ok_or(ScheduleError::NoSuchSchedule)
}

/// Changes a schedule; its next time is worked out anew.
pub async fn change(
    core: &Core,
    organization: OrganizationId,
    id: Uuid,
    plan: SchedulePlan,
) -> Result<ScheduleRow, ScheduleError> {
    let now = clock::now();
    let plan = checked(core, organization, plan, now).await?;
    if !schedules::update(&core.db, organization, id, &plan, now).await? {
        return Err(ScheduleError::NoSuchSchedule);
    }
    schedules::find(&core.db, organization, id).await?.ok_or(ScheduleError::NoSuchSchedule)
}

/// The plan with its next time, if it could start a run now.
async fn checked(
    core: &Core,
    organization: OrganizationId,
    plan: SchedulePlan,
    now: Timestamp,
) -> Result<SchedulePlan, ScheduleError> {
    let fault = |field: &str, detail: String| Fault { pointer: format!("/{field}"), detail, is_size: false };
    let clockwork = Clockwork::parse(&plan.cron, &plan.time_zone).map_err(|misfits| {
        let faults = misfits.into_iter().map(|misfit| fault(misfit.field, misfit.reason));
        ScheduleError::Invalid(faults.collect())
    })?;
    let Some(next) = clockwork.next_after(now) else {
        return Err(ScheduleError::Invalid(vec![fault("cron", "is a time that never comes".into())]));
    };
    let (_, definition) = start::stored(core, organization, &plan.workflow, None).await?;
    definition.prepare(json(plan.inputs.as_deref())?.as_ref()).map_err(ScheduleError::Invalid)?;
    Ok(SchedulePlan { next_at: plan.enabled.then_some(next), ..plan })
}

fn json(text: Option<&str>) -> Result<Option<Json>, db::DbError> {
    let read = text.map(|text| Json::from_text(text.to_owned())).transpose();
    read.map_err(|error| DbError::Shape(format!("a schedule's inputs are no JSON: {error}")))
}

/// Starts the duty; it runs until its task is aborted.
pub(super) fn start_duty(core: &Core, tasks: &mut JoinSet<()>) {
    let core = core.clone();
    tasks.spawn(async move {
        let mut every = interval(ROUND_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            // Ends with a round that is not full, or that got stuck somewhere.
            while round(&core).await == Round::Full {}
        }
    });
}

/// How a round went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    /// There may be more.
    Full,
    Done,
}

/// Looks after the schedules whose time has come. One that can't be looked after holds up no other.
async fn round(core: &Core) -> Round {
    let due = match schedules::due(&core.db, clock::now(), PER_ROUND).await {
        Ok(due) => due,
        Err(error) => {
            warn!(%error, "schedules could not be looked at");
            return Round::Done;
        }
    };
    let mut outcome = if due.len() == PER_ROUND as usize { Round::Full } else { Round::Done };
    for row in due {
        let id = row.schedule_id;
        if let Err(error) = look_after(core, row).await {
            warn!(schedule = %id, %error, "a schedule could not be looked after");
            outcome = Round::Done;
        }
    }
    outcome
}

async fn look_after(core: &Core, row: ScheduleRow) -> Result<(), DbError> {
    let tick = match (row.due_at, row.plan.next_at) {
        (Some(tick), _) => Some(tick),
        (None, Some(next_at)) => decide(core, &row, next_at).await?,
        (None, None) => None,
    };
    match tick {
        Some(tick) => begin(core, &row, tick).await,
        None => Ok(()),
    }
}

/// The tick that this server has decided on.
async fn decide(core: &Core, row: &ScheduleRow, next_at: Timestamp) -> Result<Option<Timestamp>, DbError> {
    let decided = match Clockwork::parse(&row.plan.cron, &row.plan.time_zone) {
        Ok(clockwork) => clockwork.decide(next_at, clock::now(), row.plan.missed),
        Err(_) => {
            // It was read when it was made: another version of this program did, or knew more time zones.
            warn!(schedule = %row.schedule_id, "a schedule is not understood any more and rests");
            crate::facts::schedule::Decision { tick: None, next: None }
        }
    };
    let won = schedules::decide(&core.db, row.schedule_id, next_at, decided.tick, decided.next).await?;
    Ok(decided.tick.filter(|_| won))
}

/// Starts the tick's run, or notes why it can't be; what may pass is left for the next round.
async fn begin(core: &Core, row: &ScheduleRow, tick: Timestamp) -> Result<(), DbError> {
    let run_id = run_id(row.schedule_id, tick)?;
    let trigger = json!({
        "type": "schedule",
        "scheduleId": row.schedule_id,
        "at": tick,
        "cron": row.plan.cron,
        "timeZone": row.plan.time_zone,
    });
    let request = StartRequest {
        run_id: run_id.clone(),
        workflow: row.plan.workflow.clone(),
        version: None,
        priority: None,
        inputs: json(row.plan.inputs.as_deref())?,
        trigger: Json::from_value(&trigger).ok(),
        labels: None,
    };
    let error = match start::start(core, row.organization, request).await {
        Ok(_) => None,
        Err(StartError::Db(error)) => return Err(error),
        Err(StartError::Append(AppendError::Unavailable(reason))) => return Err(DbError::Shape(reason)),
        Err(StartError::Artifact(error)) => return Err(DbError::Shape(error.to_string())),
        Err(error) => Some(told(&error)),
    };
    match &error {
        None => info!(schedule = %row.schedule_id, %run_id, "a schedule has started a run"),
        Some(error) => warn!(schedule = %row.schedule_id, error, "a schedule could not start its run"),
    }
    let started = error.is_none().then_some(run_id.as_str());
    schedules::done(&core.db, row.schedule_id, tick, started, error.as_deref()).await
}

fn told(error: &StartError) -> String {
    let mut text = match error {
        StartError::Invalid(faults) => faults
            .iter()
            .map(|fault| format!("{} {}", fault.pointer, fault.detail))
            .collect::<Vec<_>>()
            .join("; "),
        error => error.to_string(),
    };
    text.truncate(text.floor_char_boundary(ERROR_MAX_BYTES));
    text
}

/// `schedule-<id>-20261122T100000Z`: the same for whoever starts the tick.
fn run_id(schedule: Uuid, tick: Timestamp) -> Result<RunId, DbError> {
    let text = tick.to_string();
    let digits: String = text.chars().take(19).filter(|c| c.is_ascii_alphanumeric()).collect();
    format!("schedule-{schedule}-{digits}Z").parse().map_err(|error| DbError::Shape(format!("{error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_names_its_run() {
        let id = run_id(Uuid::nil(), "2026-11-22T10:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(id.as_str(), "schedule-00000000-0000-0000-0000-000000000000-20261122T100000Z");
    }
}
