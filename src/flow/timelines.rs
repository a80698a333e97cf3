//! A run's timeline from the store: for snapshots and comparisons.

use tokio::sync::Semaphore;

use super::Core;
use crate::facts::event::Event;
use crate::facts::id::{OrganizationId, RunId};
use crate::facts::timeline::{Diff, Gatherer, Overfull, Rules, Timeline, compare, snapshot};
use crate::store::db::DbError;
use crate::store::journal::read::{self, EventFilter};
use crate::store::runs;

/// Events read at a time.
const PAGE: u32 = 5_000;
/// Timelines that are gathered or compared at the same time, each of which may hold its bound in memory; others wait.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Why there is no timeline.
#[derive(Debug, thiserror::Error)]
pub enum TimelineError {
    #[error("there is no such run")]
    NoSuchRun,
    #[error(transparent)]
    Overfull(#[from] Overfull),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The run's snapshot under the usual rules.
pub async fn snapshot_of(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
    durations: bool,
) -> Result<String, TimelineError> {
    // It is never closed.
    let _turn = TURNS.acquire().await.ok();
    let rules = Rules::default();
    let timeline = gather(core, organization, run_id, &rules).await?;
    apart(move || snapshot(&timeline, &rules, durations)).await
}

/// Two runs of the organization side by side.
pub async fn diff(
    core: &Core,
    organization: OrganizationId,
    a: &RunId,
    b: &RunId,
) -> Result<Diff, TimelineError> {
    let _turn = TURNS.acquire().await.ok();
    let rules = Rules::default();
    let a = gather(core, organization, a, &rules).await?;
    let b = gather(core, organization, b, &rules).await?;
    apart(move || compare(&a, &b, &rules)).await
}

async fn gather(
    core: &Core,
    organization: OrganizationId,
    run_id: &RunId,
    rules: &Rules,
) -> Result<Timeline, TimelineError> {
    let run = runs::find(&core.db, organization, run_id).await?.ok_or(TimelineError::NoSuchRun)?;
    let mut gatherer = Gatherer::new(run_id.clone(), rules);
    let everything = EventFilter::default();
    let mut after = 0;
    // What is appended meanwhile is not part of it, so that it ends.
    while after < run.head_seq {
        let page = read::events(&core.db, run.run_key, after, run.head_seq, PAGE, &everything).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for stored in &page {
            let event = Event::from_stored(stored.seq, stored.recorded_at, &stored.body)
                .map_err(|error| DbError::Shape(error.to_string()))?;
            gatherer.take(&event)?;
        }
    }
    Ok(gatherer.finish())
}

/// Off the threads that serve: a hundred thousand facts take a while.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, TimelineError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|error| DbError::Shape(format!("a timeline was not made: {error}")))?)
}
