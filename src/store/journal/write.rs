//! Lays a flush out as the arrays that `append_events` takes.

use std::collections::BTreeSet;

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::group::{self, Group};
use super::load::shape;
use super::plan::RunPlan;
use crate::facts::json::Json;
use crate::facts::time::Timestamp;
use crate::store::db::{DbError, Query, query};

pub(super) const APPEND_EVENTS: Query = query!("journal/append_events";
    INT4_ARRAY,
    UUID_ARRAY, TEXT_ARRAY, UUID_ARRAY, INT8_ARRAY, TEXT_ARRAY, TEXT_ARRAY, INT8_ARRAY, BYTEA_ARRAY, TEXT_ARRAY,
    TEXT_ARRAY, TEXT_ARRAY, TEXT_ARRAY, TEXT_ARRAY, INT4_ARRAY, BOOL_ARRAY,
    INT4_ARRAY, INT8_ARRAY, UUID_ARRAY, TEXT_ARRAY, TEXT_ARRAY, INT4_ARRAY, TEXT_ARRAY, BOOL_ARRAY,
    TIMESTAMPTZ_ARRAY, TIMESTAMPTZ_ARRAY, BYTEA_ARRAY, TEXT_ARRAY,
    INT4_ARRAY, TEXT_ARRAY, INT4_ARRAY, BOOL_ARRAY, TEXT_ARRAY, INT4_ARRAY, TEXT_ARRAY,
    INT4_ARRAY, INT8_ARRAY, TEXT_ARRAY,
    INT4_ARRAY, TEXT_ARRAY, INT4_ARRAY, INT4_ARRAY, INT4_ARRAY, TEXT_ARRAY);

/// Runs of this engine are in the queue until they are over.
const QUEUED_ENGINE: &str = "local";

/// What `append_events` says of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Written,
    /// The head was not the expected one: load and plan again.
    Again,
    /// The claim is over.
    Fenced,
}

/// The columns of one flush. Runs are numbered from 1 in the order of the plans.
#[derive(Debug, Default)]
pub(super) struct Columns<'a> {
    buckets: Vec<i32>,
    runs: RunColumns<'a>,
    events: EventColumns<'a>,
    nodes: NodeColumns<'a>,
    checkpoint_run: Vec<i32>,
    checkpoint_seq: Vec<i64>,
    checkpoint_state: Vec<&'a str>,
    queue: QueueColumns<'a>,
}

#[derive(Debug, Default)]
struct RunColumns<'a> {
    organization: Vec<Uuid>,
    name: Vec<&'a str>,
    key: Vec<Uuid>,
    expected: Vec<i64>,
    workflow: Vec<Option<&'a str>>,
    status: Vec<&'static str>,
    head: Vec<i64>,
    hash: Vec<&'a [u8]>,
    state: Vec<String>,
    trigger: Vec<Option<&'a str>>,
    labels: Vec<Option<String>>,
    inputs: Vec<Option<&'a str>>,
    result: Vec<Option<&'a str>>,
    claim: Vec<Option<i32>>,
    leaves_queue: Vec<bool>,
}

#[derive(Debug, Default)]
struct EventColumns<'a> {
    run: Vec<i32>,
    seq: Vec<i64>,
    id: Vec<Uuid>,
    kind: Vec<&'static str>,
    node: Vec<Option<&'a str>>,
    attempt: Vec<Option<i32>>,
    level: Vec<&'static str>,
    late: Vec<bool>,
    occurred_at: Vec<Timestamp>,
    recorded_at: Vec<Timestamp>,
    hash: Vec<&'a [u8]>,
    body: Vec<&'a str>,
}

#[derive(Debug, Default)]
struct NodeColumns<'a> {
    run: Vec<i32>,
    name: Vec<&'a str>,
    position: Vec<i32>,
    is_new: Vec<bool>,
    status: Vec<&'static str>,
    attempt: Vec<i32>,
    state: Vec<String>,
}

#[derive(Debug, Default)]
struct QueueColumns<'a> {
    run: Vec<i32>,
    workflow: Vec<&'a str>,
    version: Vec<i32>,
    priority: Vec<i32>,
    concurrency: Vec<Option<i32>>,
    engines: Vec<String>,
}

impl<'a> Columns<'a> {
    /// Lays out `plans`, whose events' text and details stay in `groups` (of the same order).
    pub fn of(plans: &'a [RunPlan], groups: &'a [Group]) -> Result<Self, DbError> {
        let mut columns = Self::default();
        let mut buckets = BTreeSet::new();
        for (place, (plan, group)) in (1_i32..).zip(plans.iter().zip(groups)) {
            buckets.insert(group::bucket(&plan.name));
            columns.runs.push(plan, group)?;
            columns.events.push(place, plan, group);
            columns.nodes.push(place, plan)?;
            columns.queue.push(place, plan, group);
            for (seq, state) in &plan.checkpoints {
                columns.checkpoint_run.push(place);
                columns.checkpoint_seq.push(seq.cast_signed());
                columns.checkpoint_state.push(state);
            }
        }
        columns.buckets = buckets.into_iter().collect();
        Ok(columns)
    }

    /// The parameters in the order of `append_events`.
    pub fn params(&self) -> [&(dyn ToSql + Sync); 44] {
        let Self { buckets, runs: r, events: e, nodes: n, queue: q, .. } = self;
        [
            buckets,
            &r.organization,
            &r.name,
            &r.key,
            &r.expected,
            &r.workflow,
            &r.status,
            &r.head,
            &r.hash,
            &r.state,
            &r.trigger,
            &r.labels,
            &r.inputs,
            &r.result,
            &r.claim,
            &r.leaves_queue,
            &e.run,
            &e.seq,
            &e.id,
            &e.kind,
            &e.node,
            &e.attempt,
            &e.level,
            &e.late,
            &e.occurred_at,
            &e.recorded_at,
            &e.hash,
            &e.body,
            &n.run,
            &n.name,
            &n.position,
            &n.is_new,
            &n.status,
            &n.attempt,
            &n.state,
            &self.checkpoint_run,
            &self.checkpoint_seq,
            &self.checkpoint_state,
            &q.run,
            &q.workflow,
            &q.version,
            &q.priority,
            &q.concurrency,
            &q.engines,
        ]
    }
}

impl<'a> RunColumns<'a> {
    fn push(&mut self, plan: &'a RunPlan, group: &Group) -> Result<(), DbError> {
        let run = &plan.state.run;
        let text = |json: &'a Option<Json>| json.as_ref().filter(|_| plan.documents_changed).map(Json::get);
        self.organization.push(plan.name.0.0);
        self.name.push(plan.name.1.as_str());
        self.key.push(plan.state.key.0);
        self.expected.push(plan.expected.cast_signed());
        self.workflow.push(run.head.workflow.as_deref());
        self.status.push(run.status().as_str());
        self.head.push(run.head.head_seq.cast_signed());
        self.hash.push(&plan.state.hash);
        self.state.push(to_text(&run.head)?);
        self.trigger.push(text(&run.documents.trigger));
        self.labels.push(if plan.documents_changed { Some(to_text(&run.documents.labels)?) } else { None });
        self.inputs.push(text(&run.documents.inputs));
        self.result.push(text(&run.documents.result));
        self.claim.push(group.claim());
        self.leaves_queue.push(plan.ends_run() && run.head.engine.as_deref() == Some(QUEUED_ENGINE));
        Ok(())
    }
}

impl<'a> EventColumns<'a> {
    fn push(&mut self, place: i32, plan: &'a RunPlan, group: &'a Group) {
        for planned in &plan.events {
            let new = &group.requests[planned.request].request.events[planned.index];
            self.run.push(place);
            self.seq.push(planned.seq.cast_signed());
            self.id.push(new.event.event_id.0);
            self.kind.push(new.event.kind.as_str());
            self.node.push(new.event.node_ref.as_ref().map(|name| name.as_str()));
            self.attempt.push(new.event.attempt.map(u32::cast_signed));
            self.level.push(new.event.level.as_str());
            self.late.push(planned.late);
            self.occurred_at.push(new.event.occurred_at);
            self.recorded_at.push(planned.recorded_at);
            self.hash.push(&planned.hash);
            self.body.push(&new.body);
        }
    }
}

impl<'a> NodeColumns<'a> {
    fn push(&mut self, place: i32, plan: &'a RunPlan) -> Result<(), DbError> {
        for (position, (name, node)) in (0_i32..).zip(&plan.state.run.nodes) {
            if node.changed_seq <= plan.expected {
                continue;
            }
            self.run.push(place);
            self.name.push(name.as_str());
            self.position.push(position);
            self.is_new.push(position.unsigned_abs() as usize >= plan.nodes_before);
            self.status.push(node.status.as_str());
            self.attempt.push(node.attempt.cast_signed());
            self.state.push(to_text(node)?);
        }
        Ok(())
    }
}

impl<'a> QueueColumns<'a> {
    fn push(&mut self, place: i32, plan: &RunPlan, group: &'a Group) {
        if plan.expected > 0 {
            return;
        }
        let creates = |place: usize| plan.answers.get(place).is_some_and(|answer| answer.created);
        let requests = group.requests.iter().enumerate();
        let Some(entry) =
            requests.filter(|(place, _)| creates(*place)).find_map(|(_, p)| p.request.enqueue.as_ref())
        else {
            return;
        };
        self.run.push(place);
        self.workflow.push(&entry.workflow);
        self.version.push(entry.version);
        self.priority.push(entry.priority);
        self.concurrency.push(entry.concurrency);
        // Names of engines are letters alone; arrays of arrays must be rectangular in SQL, so each is one text.
        self.engines.push(format!("{{{}}}", entry.engines.join(",")));
    }
}

fn to_text<T: serde::Serialize>(value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|e| DbError::Shape(e.to_string()))
}

/// Reads the verdicts, one for each run, in order.
pub(super) fn verdicts(rows: &[Row], runs: usize) -> Result<Vec<Verdict>, DbError> {
    let mut verdicts = vec![Verdict::Again; runs];
    let row = rows.first().ok_or_else(|| DbError::Shape("`append_events` gave no row".into()))?;
    for (column, verdict) in [(0, Verdict::Written), (1, Verdict::Fenced)] {
        let places: Vec<i32> = row.try_get(column).map_err(shape)?;
        for place in places {
            let index = usize::try_from(place - 1).map_err(|e| DbError::Shape(e.to_string()))?;
            *verdicts.get_mut(index).ok_or_else(|| DbError::Shape("a run too many".into()))? = verdict;
        }
    }
    Ok(verdicts)
}
