//! Snapshots of runs, and two runs side by side.

use http::StatusCode;

use super::app::SharedApp;
use super::endpoint::Call;
use super::problem::Problem;
use super::{Response, schema};
use crate::facts::id::RunId;
use crate::flow::timelines::{self, TimelineError};

impl From<TimelineError> for Problem {
    fn from(error: TimelineError) -> Self {
        let said = error.to_string();
        match error {
            TimelineError::NoSuchRun => Self::no_such_run(),
            TimelineError::Overfull(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too-many-events", said)
            }
            TimelineError::Db(error) => error.into(),
        }
    }
}

/// GET /api/v1/runs/{runId}/snapshot
pub async fn snapshot(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let durations: Option<bool> = query.parsed("durations");
    query.check()?;
    let run_id = call.head.run_id()?;
    let organization = call.head.organization();
    let text = timelines::snapshot_of(&app.core, organization, &run_id, durations.unwrap_or(false)).await?;
    Ok(schema::json_text(text))
}

/// GET /api/v1/runs/{runId}/diff
pub async fn diff(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let with: Option<RunId> = query.parsed("with");
    if query.text("with").is_none() {
        query.fault("with", "is missing: the id of the run to compare with");
    }
    query.check()?;
    let with = with.ok_or_else(|| Problem::invalid_at("?with", "is missing"))?;
    let run_id = call.head.run_id()?;
    let diff = timelines::diff(&app.core, call.head.organization(), &run_id, &with).await?;
    Ok(schema::json(&diff))
}
