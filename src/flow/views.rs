//! The API's shapes of a run, from the fold and the log store's summaries.

use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::json::Json;
use crate::facts::run::Run;
use crate::flow::Core;
use crate::store::db::DbError;
use crate::store::logs::StreamSummary;
use crate::store::runs::ListedRun;

/// GET /runs/{runId}: the run as JSON text; `at_seq` as of that event. `None`: no such run, or no such event yet.
pub async fn run_state(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
    at_seq: Option<u64>,
) -> Result<Option<Json>, DbError> {
    let _ = (core, organization, run_id, at_seq);
    todo!()
}

/// A run in the list.
#[must_use]
pub fn run_summary(run: &ListedRun) -> serde_json::Value {
    let _ = (run, None::<(RunKey, Run, StreamSummary)>);
    todo!()
}
