//! The output of a past run's nodes, which lies in the Loki of its source: where it is, and its entries as this system's lines. Pure.
//!
//! ShipSec Studio gives a line the labels `run_id`, `node`, `stream` and, where it knows them, `level`, `attempt`, `activity_id` and more. A
//! row of `workflow_log_streams` holds those of the entry that came last, so that they don't select the others: run and node do. All
//! streams of a node are read together, in order of time, since `console` and `stdout` are one stream here.

use std::collections::{BTreeMap, HashMap};

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::RowFault;
use crate::client::NewLogLine;
use crate::facts::event_input::ATTEMPT_MAX;
use crate::facts::id::NodeRef;
use crate::facts::time::Timestamp;
use crate::store::loki::{Found, LogQl};

/// How far beyond the times of a row is looked: its last time is that of the message which came last, not of the latest one, and a
/// message of many lines goes on behind its own time. Loki itself takes nothing that is more than an hour behind its stream.
const MARGIN_NS: i64 = 3_600 * 1_000_000_000;
const NS_PER_MICRO: i64 = 1_000;

/// An entry, whatever structured metadata it has.
pub type Entry = Found<Option<IgnoredAny>>;

/// The output of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastOutput {
    pub node_ref: NodeRef,
    /// The labels that select it, name and value.
    labels: [(String, String); 2],
    pub first_ns: i64,
    pub last_ns: i64,
    pub streams: Vec<PastStream>,
}

/// A row of `workflow_log_streams`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastStream {
    pub row: String,
    /// `stdout`, `stderr` or `console`.
    pub name: String,
    /// Lines that were sent to Loki, which keeps those that are equal in time and text once.
    pub lines: u64,
}

/// The output that the rows of one run speak of, node by node. What a row does not say of its times is taken from the run's.
pub fn past_outputs(
    run_id: &str,
    rows: &[Map<String, Value>],
    (began_at, ended_at): (Timestamp, Timestamp),
) -> (Vec<PastOutput>, Vec<RowFault>) {
    let mut nodes: BTreeMap<&str, PastOutput> = BTreeMap::new();
    let mut faults = Vec::new();
    for row in rows {
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let (node, name) = (text("node_ref"), text("stream"));
        let label = format!("workflow_log_streams {run_id} {node} {name}");
        let node_ref: NodeRef = match node.parse() {
            Ok(node_ref) => node_ref,
            Err(error) => {
                faults
                    .push(RowFault { row: label, reason: format!("`{node}` can't be a node here: {error}") });
                continue;
            }
        };
        let time = |name: &str, or_else: Timestamp| nanos(text(name).parse().unwrap_or(or_else));
        let first_ns = time("first_timestamp", began_at).saturating_sub(MARGIN_NS);
        let last_ns = time("last_timestamp", ended_at).max(nanos(ended_at)).saturating_add(MARGIN_NS);
        let lines = row.get("line_count").and_then(Value::as_u64).unwrap_or_default();
        let output = nodes.entry(node).or_insert_with(|| PastOutput {
            node_ref,
            labels: selecting(row.get("labels"), run_id, node),
            first_ns,
            last_ns,
            streams: Vec::new(),
        });
        output.first_ns = output.first_ns.min(first_ns);
        output.last_ns = output.last_ns.max(last_ns);
        output.streams.push(PastStream { row: label, name: name.to_owned(), lines });
    }
    (nodes.into_values().collect(), faults)
}

/// The two labels whose values are the run and the node, under whatever names the row has them.
fn selecting(labels: Option<&Value>, run_id: &str, node: &str) -> [(String, String); 2] {
    let of_value = |usual: &str, value: &str| {
        let labels = labels.and_then(Value::as_object);
        let is_usual = labels.is_none_or(|labels| labels.get(usual).is_some_and(|label| label == value));
        let other = labels.into_iter().flatten().find(|(_, label)| *label == value).filter(|_| !is_usual);
        (other.map_or(usual, |(name, _)| name).to_owned(), value.to_owned())
    };
    [of_value("run_id", run_id), of_value("node", node)]
}

fn nanos(at: Timestamp) -> i64 {
    at.as_micros().saturating_mul(NS_PER_MICRO)
}

impl PastOutput {
    #[must_use]
    pub fn query(&self) -> LogQl {
        let [run, node] = &self.labels;
        LogQl::select(&[(&run.0, &run.1), (&node.0, &node.1)])
    }
}

/// Gives the entries of one node their numbers, which are the same whenever the node is read.
#[derive(Debug)]
pub struct Numbering {
    node_ref: NodeRef,
    /// By attempt and whether it is stderr.
    numbers: HashMap<(u32, bool), u64>,
    /// Entries by the source's name of their stream.
    seen: HashMap<String, u64>,
}

impl Numbering {
    #[must_use]
    pub fn of(node_ref: NodeRef) -> Self {
        Self { node_ref, numbers: HashMap::new(), seen: HashMap::new() }
    }

    /// The lines of the next entries, which come in order of time. Of one time, those with the same labels keep their order.
    pub fn lines(&mut self, mut entries: Vec<Entry>) -> Vec<NewLogLine> {
        entries.sort_by(|a, b| a.ns.cmp(&b.ns).then_with(|| shown(&a.labels).cmp(&shown(&b.labels))));
        entries.iter().map(|entry| self.line(entry)).collect()
    }

    fn line(&mut self, entry: &Entry) -> NewLogLine {
        let label = |name: &str| entry.labels.get(name).map_or("", String::as_str);
        *self.seen.entry(label("stream").to_owned()).or_default() += 1;
        let is_error = label("stream") == "stderr";
        let attempt = label("attempt").parse().ok().filter(|n| (1..=ATTEMPT_MAX).contains(n)).unwrap_or(1);
        let number = self.numbers.entry((attempt, is_error)).or_default();
        *number += 1;
        let at = Timestamp::from_micros(entry.ns.div_euclid(NS_PER_MICRO)).unwrap_or(Timestamp::EPOCH);
        let stream = if is_error { "stderr" } else { "stdout" };
        NewLogLine::new(self.node_ref.as_str(), attempt, stream, *number, at, entry.line.as_bytes())
    }

    /// The streams of which fewer entries were there than its row speaks of.
    #[must_use]
    pub fn short(&self, streams: &[PastStream]) -> Vec<RowFault> {
        let short = streams.iter().filter_map(|stream| {
            let found = self.seen.get(&stream.name).copied().unwrap_or_default();
            let reason = format!("the Loki has {found} of its {} lines", stream.lines);
            (found < stream.lines).then(|| RowFault { row: stream.row.clone(), reason })
        });
        short.collect()
    }
}

/// Labels as a text, by which entries of one time are ordered.
fn shown(labels: &HashMap<String, String>) -> Vec<(&str, &str)> {
    let mut sorted: Vec<_> = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    sorted.sort_unstable();
    sorted
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    fn rows(rows: Value) -> Vec<Map<String, Value>> {
        serde_json::from_value(rows).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn entry(ns: i64, line: &str, labels: &[(&str, &str)]) -> Entry {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Found { ns, labels: Arc::new(labels), line: line.to_owned(), metadata: None }
    }

    #[test]
    fn the_streams_of_a_node_are_read_together_by_run_and_node_alone() {
        let rows = rows(json!([
            {"node_ref": "scan", "stream": "stdout", "labels": {"run_id": "r", "node": "scan", "level": "error", "attempt": "2"},
             "first_timestamp": "2025-03-01T10:00:00Z", "last_timestamp": "2025-03-01T10:00:05Z", "line_count": 3},
            {"node_ref": "scan", "stream": "console", "first_timestamp": "2025-03-01T09:00:00Z", "line_count": 1},
            {"node_ref": "", "stream": "stdout"},
            {"node_ref": "dig", "stream": "stderr", "labels": {"run": "r", "step": "dig"}},
        ]));
        let run = (at("2025-03-01T10:00:00Z"), at("2025-03-01T11:00:00Z"));
        let (outputs, faults) = past_outputs("r", &rows, run);
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].row, "workflow_log_streams r  stdout");
        let queries: Vec<String> = outputs.iter().map(|output| output.query().text().to_owned()).collect();
        assert_eq!(queries, [r#"{run="r",step="dig"}"#, r#"{run_id="r",node="scan"}"#]);
        let scan = &outputs[1];
        assert_eq!(scan.streams.len(), 2);
        assert_eq!(scan.first_ns, nanos(at("2025-03-01T08:00:00Z")));
        assert_eq!(
            scan.last_ns,
            nanos(at("2025-03-01T12:00:00Z")),
            "as long as the run went on, and an hour"
        );
    }

    #[test]
    fn lines_are_numbered_in_order_of_time_by_attempt_and_stream() {
        let mut numbering = Numbering::of("scan".parse().unwrap());
        let lines = numbering.lines(vec![
            entry(1_000_500, "a", &[("stream", "stdout"), ("attempt", "1")]),
            entry(2_000_000, "same", &[("stream", "stdout"), ("level", "warn")]),
            entry(2_000_000, "same", &[("stream", "stdout"), ("level", "info")]),
            entry(2_000_000, "e", &[("stream", "stderr")]),
        ]);
        let more = numbering.lines(vec![
            entry(3_000_000, "c", &[("stream", "console")]),
            entry(3_000_000, "d", &[("stream", "stdout"), ("attempt", "2")]),
        ]);
        let told: Vec<String> = lines
            .iter()
            .chain(&more)
            .map(|line| {
                format!(
                    "{}{}#{} {}",
                    line.stream,
                    line.attempt,
                    line.line_no.unwrap(),
                    line.text.as_deref().unwrap()
                )
            })
            .collect();
        assert_eq!(
            told,
            ["stdout1#1 a", "stdout1#2 same", "stdout1#3 same", "stderr1#1 e", "stdout2#1 d", "stdout1#4 c"]
        );
        assert_eq!(lines[0].at, Some(at("1970-01-01T00:00:00.001Z")));
        let stream = |name: &str, lines| PastStream { row: name.to_owned(), name: name.to_owned(), lines };
        let short = numbering.short(&[stream("stdout", 5), stream("stderr", 1), stream("console", 2)]);
        assert_eq!(
            short.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["stdout: the Loki has 4 of its 5 lines", "console: the Loki has 1 of its 2 lines"]
        );
    }
}
