//! What a flush will write for one run: pure, from the run's state and the requests.

use std::collections::HashMap;

use super::chain;
use super::hot::{HotRun, RunName};
use super::request::{AppendRequest, EventResult, Outcome};
use crate::facts::id::EventId;
use crate::facts::run::Effect;
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;

/// Events between two checkpoints: `atSeq` folds at most this many, and a checkpoint costs far less than they do.
pub(super) const CHECKPOINT_EVERY: u64 = 1_000;

/// The events of one flush for one run, folded into its state.
#[derive(Debug)]
pub(super) struct RunPlan {
    pub name: RunName,
    /// The state after the events.
    pub state: HotRun,
    /// The head the store must have for this plan to be right.
    pub expected: u64,
    pub status_before: Option<RunStatus>,
    /// Nodes from here on are not in the store yet.
    pub nodes_before: usize,
    pub events: Vec<PlannedEvent>,
    /// Whether trigger, labels, inputs or result may have changed.
    pub documents_changed: bool,
    pub checkpoints: Vec<(u64, String)>,
    /// One for each request, in order: the answer's results, the head after it, and whether it made the run.
    pub answers: Vec<PlannedAnswer>,
}

/// An event's place in history; the event itself stays with its request.
#[derive(Debug)]
pub(super) struct PlannedEvent {
    pub request: usize,
    pub index: usize,
    pub seq: u64,
    pub recorded_at: Timestamp,
    pub late: bool,
    pub hash: chain::Hash,
}

#[derive(Debug)]
pub(super) struct PlannedAnswer {
    pub head_seq: u64,
    pub created: bool,
    pub results: Vec<EventResult>,
}

impl RunPlan {
    /// Whether the run was not over before, and is so after these events.
    pub fn ends_run(&self) -> bool {
        let was_over = self.status_before.is_some_and(RunStatus::is_terminal);
        !was_over && self.state.run.status().is_terminal()
    }
}

/// Folds `requests` onto `state`. `stored` says which of their event ids the store has already, and where.
pub(super) fn plan(
    name: RunName,
    mut state: HotRun,
    requests: &mut [&mut AppendRequest],
    stored: &HashMap<EventId, u64>,
    now: Timestamp,
) -> RunPlan {
    let expected = state.run.head.head_seq;
    let status_before = state.run.head.status;
    let nodes_before = state.run.nodes.len();
    let mut events = Vec::new();
    let mut answers = Vec::with_capacity(requests.len());
    let mut checkpoints = Vec::new();
    let mut documents_changed = false;
    let mut seen: HashMap<EventId, u64> = HashMap::new();
    for (request_index, request) in requests.iter_mut().enumerate() {
        let head_before = state.run.head.head_seq;
        let mut results = Vec::with_capacity(request.events.len());
        let wanted = if request.only_if_new && head_before > 0 { 0 } else { request.events.len() };
        for (index, new) in request.events.iter_mut().take(wanted).enumerate() {
            let event_id = new.event.event_id;
            if let Some(seq) = stored.get(&event_id).or_else(|| seen.get(&event_id)) {
                // Its own id, made here, can only be stored by an earlier try of this very request.
                let outcome = if new.id_given { Outcome::Duplicate } else { Outcome::Accepted };
                results.push(EventResult { event_id, seq: *seq, outcome });
                continue;
            }
            let seq = state.run.head.head_seq + 1;
            let recorded_at = new.recorded_at.unwrap_or(now);
            new.event.seq = seq;
            new.event.recorded_at = recorded_at;
            let late = state.run.apply(&new.event) == Effect::Late;
            state.hash = chain::next(&state.hash, seq, recorded_at, late, &new.body);
            documents_changed |= new.event.kind.is_about_the_run();
            seen.insert(event_id, seq);
            let outcome = if late { Outcome::Late } else { Outcome::Accepted };
            results.push(EventResult { event_id, seq, outcome });
            events.push(PlannedEvent {
                request: request_index,
                index,
                seq,
                recorded_at,
                late,
                hash: state.hash,
            });
            if seq.is_multiple_of(CHECKPOINT_EVERY)
                && let Ok(text) = serde_json::to_string(&state.run)
            {
                checkpoints.push((seq, text));
            }
        }
        let head_seq = state.run.head.head_seq;
        answers.push(PlannedAnswer { head_seq, created: head_before == 0 && head_seq > 0, results });
    }
    RunPlan {
        name,
        state,
        expected,
        status_before,
        nodes_before,
        events,
        documents_changed,
        checkpoints,
        answers,
    }
}
