//! Counts of runs, and statistics of those that are over.

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use super::app::SharedApp;
use super::endpoint::Call;
use super::problem::Problem;
use super::workflows::no_such_workflow;
use super::{Response, runs, schema};
use crate::facts::statistics::{Summary, by_day};
use crate::facts::time::Timestamp;
use crate::flow::history as follow;
use crate::store::{clock, executions, history, search};

/// Up to here a count is exact; beyond it is told as "at least".
const COUNT_EXACT: u32 = 10_000;
/// Days that statistics go back, and how many unasked.
const DAYS_MAX: u64 = 366;
const DAYS: u64 = 30;
const DAY_MICROS: i64 = 24 * 3_600 * 1_000_000;
/// Length of `YYYY-MM-DD`.
const DAY_CHARS: usize = 10;
/// How long an answer waits to tell of what ended just now as well.
const CATCH_UP_LIMIT: Duration = Duration::from_millis(10);

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunCount {
    count: u64,
    /// There are more than that.
    at_least: bool,
}

/// Runs that are over, over some days.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    runs: u64,
    completed: u64,
    failed: u64,
    cancelled: u64,
    /// Completed ones among those that completed or failed, 0 to 1; null where there are none.
    success_rate: Option<f64>,
    /// Right to within 5 %, as all durations here.
    p50_duration_ms: Option<u64>,
    p95_duration_ms: Option<u64>,
    /// Days on which a run has ended, oldest first.
    days: Vec<DayStatistics>,
}

/// Runs that have ended on a day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DayStatistics {
    /// In UTC.
    #[schema(format = Date)]
    day: String,
    runs: u64,
    completed: u64,
    failed: u64,
    cancelled: u64,
    p50_duration_ms: Option<u64>,
    p95_duration_ms: Option<u64>,
}

/// GET /api/v1/runs/count
pub async fn count(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let filter = runs::filter(&mut query);
    query.check()?;
    let counted =
        search::count(&call.head.db(&app), call.head.organization(), &filter, COUNT_EXACT + 1).await?;
    let exact = u64::from(COUNT_EXACT);
    Ok(schema::json(&RunCount { count: counted.min(exact), at_least: counted > exact }))
}

/// GET /api/v1/statistics
pub async fn all(app: SharedApp, call: Call) -> Result<Response, Problem> {
    statistics(&app, &call, None).await
}

/// GET /api/v1/workflows/{name}/statistics
pub async fn of_workflow(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let name = call.head.params.get(0);
    let is_known = !name.contains('\0')
        && executions::knows_workflow(&app.core.db, call.head.organization(), name).await?;
    if !is_known {
        return Err(no_such_workflow());
    }
    statistics(&app, &call, Some(name)).await
}

async fn statistics(app: &SharedApp, call: &Call, workflow: Option<&str>) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let days = query.number("days", 1..=DAYS_MAX).unwrap_or(DAYS);
    query.check()?;
    follow::catch_up(&app.core.db, CATCH_UP_LIMIT).await?;
    let from_day = first_day(clock::now(), days);
    let ended = history::days(&call.head.db(app), call.head.organization(), workflow, &from_day).await?;
    let (all, days) = by_day(&ended);
    Ok(schema::json(&Statistics {
        runs: all.runs(),
        completed: all.completed,
        failed: all.failed,
        cancelled: all.cancelled,
        success_rate: all.success_rate(),
        p50_duration_ms: all.duration_ms(0.5),
        p95_duration_ms: all.duration_ms(0.95),
        days: days.into_iter().map(|(day, summary)| of_day(day, &summary)).collect(),
    }))
}

fn of_day(day: String, summary: &Summary) -> DayStatistics {
    DayStatistics {
        day,
        runs: summary.runs(),
        completed: summary.completed,
        failed: summary.failed,
        cancelled: summary.cancelled,
        p50_duration_ms: summary.duration_ms(0.5),
        p95_duration_ms: summary.duration_ms(0.95),
    }
}

/// The first of the last `days` days, today included.
fn first_day(now: Timestamp, days: u64) -> String {
    let back = i64::try_from(days.saturating_sub(1)).unwrap_or(0) * DAY_MICROS;
    let first = Timestamp::from_micros(now.as_micros() - back).unwrap_or(Timestamp::EPOCH);
    first.to_string().chars().take(DAY_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_is_one_of_the_days() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!((first_day(now, 1).as_str(), first_day(now, 30).as_str()), ("2026-11-22", "2026-10-24"));
    }
}
