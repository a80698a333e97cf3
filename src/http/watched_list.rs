//! Changes of the list of runs for one watcher: collected for a moment, then read once.

use std::time::Duration;

use indexmap::IndexSet;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until};

use super::app::App;
use super::caller::Caller;
use super::multiplex_command::ListFilter;
use crate::facts::account::Limit;
use crate::facts::id::{OrganizationId, RunKey};
use crate::flow::views;
use crate::store::db::DbError;
use crate::store::runs::{self, ListedRun};
use crate::store::search::{self, RunFilter};

/// Changes within this time go out together: a run that starts changes many times in a row.
const COALESCE: Duration = Duration::from_millis(100);
/// Changed runs remembered at once; with more, the newest page is read instead.
const CHANGED_MAX: usize = 500;
/// Runs remembered as told; of one forgotten, its leaving the filter goes untold.
const TOLD_MAX: usize = 10_000;
/// Size of that page.
const PAGE: u32 = 200;
/// Runs are put into frames of about this size (contract: frames are at most 256 KiB).
const FRAME_BYTES: usize = 128 * 1024;

/// One watcher's filter, and what has changed since it was last told.
pub struct WatchedList {
    filter: ListFilter,
    changes: broadcast::Receiver<(OrganizationId, RunKey)>,
    caller: Caller,
    changed: IndexSet<RunKey>,
    /// Changes were missed: only the list itself can tell.
    missed: bool,
    /// Nothing was told yet: the first frame is the newest page, even an empty one, so that a change just before this
    /// watching began is not lost between it and a list that was read earlier.
    is_first: bool,
    due: Option<Instant>,
    /// Runs told of that fitted: when one no longer does, the watcher is told once more.
    told: IndexSet<RunKey>,
}

impl WatchedList {
    pub fn new(app: &App, caller: Caller, filter: ListFilter) -> Self {
        let changes = app.core.feed.changed_runs();
        let due = Some(Instant::now());
        Self {
            filter,
            changes,
            caller,
            changed: IndexSet::new(),
            missed: true,
            is_first: true,
            due,
            told: IndexSet::new(),
        }
    }

    /// Resolves when there is something to tell. Safe to cancel.
    pub async fn ready(&mut self) {
        loop {
            let change = match self.due {
                None => self.changes.recv().await,
                Some(due) => tokio::select! {
                    () = sleep_until(due) => return,
                    change = self.changes.recv() => change,
                },
            };
            match change {
                Ok((organization, _)) if organization != self.caller.organization => continue,
                Ok((_, run)) if self.changed.len() < CHANGED_MAX => {
                    self.changed.insert(run);
                }
                Ok(_) | Err(RecvError::Lagged(_)) => self.missed = true,
                // The feed is gone, and the socket with it soon.
                Err(RecvError::Closed) => std::future::pending().await,
            }
            self.due.get_or_insert_with(|| Instant::now() + COALESCE);
        }
    }

    /// The frames that tell what has changed; after the first, none where nothing fits the filter.
    pub async fn frames(&mut self, app: &App) -> Result<Vec<String>, DbError> {
        let db = app.core.db.within(self.caller.organization);
        let listed = if self.missed {
            let filter = RunFilter {
                workflow: self.filter.workflow.clone().or_else(|| match &self.caller.limit {
                    Limit::Workflow(only) => Some(only.clone()),
                    Limit::None | Limit::Run(_) => None,
                }),
                statuses: self.filter.statuses.clone(),
                ..RunFilter::default()
            };
            search::list(&db, self.caller.organization, None, &filter, PAGE).await?
        } else {
            let keys: Vec<RunKey> = self.changed.iter().copied().collect();
            runs::by_keys(&db, self.caller.organization, &keys).await?
        };
        self.missed = false;
        self.changed.clear();
        self.due = None;
        let fitting: Vec<&ListedRun> = listed.iter().filter(|run| self.concerns(run)).collect();
        // Texts and numbers only: serialising does not fail.
        let summaries = fitting
            .into_iter()
            .map(|run| serde_json::to_string(&views::run_summary(run)).unwrap_or_default());
        let frames = in_frames(summaries);
        if frames.is_empty() && std::mem::take(&mut self.is_first) {
            return Ok(vec![r#"{"type":"runs","runs":[]}"#.to_owned()]);
        }
        self.is_first = false;
        Ok(frames)
    }

    /// Whether the watcher is to be told: the run fits, or did when it was told of last.
    fn concerns(&mut self, run: &ListedRun) -> bool {
        if !self.caller.reaches(&run.run_id, run.head.workflow.as_deref()) {
            return false;
        }
        if !fits(&self.filter, run) {
            return self.told.swap_remove(&run.run_key);
        }
        if self.told.len() >= TOLD_MAX {
            self.told.swap_remove_index(0);
        }
        self.told.insert(run.run_key);
        true
    }

    /// Puts off what could not be read.
    pub fn put_off(&mut self) {
        self.due = Some(Instant::now() + COALESCE * 10);
    }
}

fn fits(filter: &ListFilter, run: &ListedRun) -> bool {
    let workflow = filter.workflow.is_none() || filter.workflow == run.head.workflow;
    let status =
        filter.statuses.is_empty() || run.head.status.is_some_and(|status| filter.statuses.contains(&status));
    workflow && status
}

/// Joins runs into frames of bounded size.
fn in_frames(runs: impl Iterator<Item = String>) -> Vec<String> {
    let mut frames = Vec::new();
    let mut frame = String::new();
    for run in runs {
        if !frame.is_empty() && frame.len() + run.len() > FRAME_BYTES {
            frames.push(std::mem::take(&mut frame) + "]}");
        }
        frame.push_str(if frame.is_empty() { "{\"type\":\"runs\",\"runs\":[" } else { "," });
        frame.push_str(&run);
    }
    if !frame.is_empty() {
        frames.push(frame + "]}");
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_stay_small_and_hold_every_run() {
        let runs = (0..10).map(|n| format!("\"{n}{}\"", "x".repeat(FRAME_BYTES / 3)));
        let frames = in_frames(runs);
        let parsed: Vec<serde_json::Value> =
            frames.iter().map(|frame| serde_json::from_str(frame).unwrap()).collect();
        assert!(frames.iter().all(|frame| frame.len() < 2 * FRAME_BYTES));
        assert_eq!(parsed.iter().map(|frame| frame["runs"].as_array().unwrap().len()).sum::<usize>(), 10);
        assert!(in_frames(std::iter::empty()).is_empty());
    }
}
