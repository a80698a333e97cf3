//! A line as an entry in Loki, and back to the JSON that it is kept as here, byte for byte.
//!
//! The entry's line is the text. Labels: `{org, run_id, node, stream}`, or few for many runs: `{service, org, workflow,
//! stream}`. Metadata: `run_key`, `log_seq`, `line_no`, `attempt` always (and with few labels `run_id`, `node`); `at` where the entry's
//! time is not the line's own, `eol`, `late`, and `bytes` where they differ from what is usual.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::line::{LineFilter, LogStream, StoredLine, Wire};
use super::segments::LokiRun;
use crate::facts::line_pattern::Sought;
use crate::facts::settings::LokiLabels;
use crate::facts::time::Timestamp;
use crate::store::loki::{Found, LogQl, PushBody, label_text, to_re2};

/// Longest line that Loki takes unless told otherwise (`max_line_size`).
const LINE_MAX_BYTES: usize = 256 * 1024;
/// Longest raw bytes that travel beside their text: in base64 they stay below what Loki takes as metadata of one entry (64 KiB).
const RAW_MAX_BYTES: usize = 32 * 1024;
/// The value of the label `service` where labels are few.
const SERVICE: &str = "telltale";

/// Why no Loki could hold a line so that it can be had back.
pub(super) fn unholdable(line: &Wire<'_>) -> Option<&'static str> {
    if line.text.len() > LINE_MAX_BYTES {
        return Some("a line is longer than Loki takes");
    }
    let raw = line.bytes.as_ref().map_or(0, |encoded| encoded.len() / 4 * 3);
    (raw > RAW_MAX_BYTES).then_some("a long line is not valid UTF-8")
}

/// The stream's name in Loki.
pub(super) fn stream_labels(run: &LokiRun, node: &str, stream: LogStream) -> String {
    let org = run.organization.to_string();
    match run.labels {
        LokiLabels::Run => label_text(&[
            ("org", &org),
            ("run_id", run.run_id.as_str()),
            ("node", node),
            ("stream", stream.as_str()),
        ]),
        LokiLabels::Low => label_text(&[
            ("service", SERVICE),
            ("org", &org),
            ("workflow", run.workflow.as_deref().unwrap_or_default()),
            ("stream", stream.as_str()),
        ]),
    }
}

/// Adds a line to a stream of `body` at the time `ns`. `run_key` is the run's, written once for all its lines.
pub(super) fn add(
    body: &mut PushBody,
    stream: usize,
    run: &LokiRun,
    run_key: &str,
    line: &Wire<'_>,
    ns: i64,
) {
    let (mut log_seq, mut line_no, mut attempt) =
        (itoa::Buffer::new(), itoa::Buffer::new(), itoa::Buffer::new());
    let mut metadata: [(&str, &str); 10] = [("", ""); 10];
    let mut used = 0;
    let mut put = |name, value| {
        metadata[used] = (name, value);
        used += 1;
    };
    put("run_key", run_key);
    put("log_seq", log_seq.format(line.log_seq));
    put("line_no", line_no.format(line.line_no));
    put("attempt", attempt.format(line.attempt));
    if run.labels == LokiLabels::Low {
        put("run_id", run.run_id.as_str());
        put("node", &line.node_ref);
    }
    let at = (at_of(ns) != Some(line.at)).then(|| line.at.to_string());
    if let Some(at) = &at {
        put("at", at);
    }
    if !line.eol {
        put("eol", "false");
    }
    if line.late {
        put("late", "true");
    }
    if let Some(bytes) = &line.bytes {
        put("bytes", bytes);
    }
    body.add(stream, ns, &line.text, &metadata[..used]);
}

/// The line's own time, where the entry's says it: lines of one moment lie apart by nanoseconds.
fn at_of(ns: i64) -> Option<Timestamp> {
    Timestamp::from_micros(ns.div_euclid(1_000))
}

/// The query for a run's entries that `filter` accepts and that have `after < logSeq < before`. Where a pattern has no equal in
/// Loki more is found: the filter is to be asked again.
#[must_use]
pub fn log_ql(run: &LokiRun, filter: &LineFilter, after: u64, before: u64) -> LogQl {
    let org = run.organization.to_string();
    let mut labels = match run.labels {
        LokiLabels::Run => vec![("org", org.as_str()), ("run_id", run.run_id.as_str())],
        LokiLabels::Low => {
            let workflow = run.workflow.as_deref().unwrap_or_default();
            vec![("service", SERVICE), ("org", org.as_str()), ("workflow", workflow)]
        }
    };
    let node = filter.node_ref.as_ref().map(|node| node.as_str());
    if let (Some(node), LokiLabels::Run) = (node, run.labels) {
        labels.push(("node", node));
    }
    if let Some(stream) = filter.stream {
        labels.push(("stream", stream.as_str()));
    }
    let mut query = LogQl::select(&labels);
    for pattern in &filter.patterns {
        query = match pattern.sought() {
            Sought::Text(text) => query.contains(text),
            Sought::Portable(pattern) => query.matches(pattern),
            Sought::Regex(pattern) => match to_re2(pattern) {
                Some(pattern) => query.matches(&pattern),
                None => query,
            },
        };
    }
    query = query.with("run_key", &run.run_key.to_string());
    if let (Some(node), LokiLabels::Low) = (node, run.labels) {
        query = query.with("node", node);
    }
    if let Some(attempt) = filter.attempt {
        query = query.with("attempt", &attempt.to_string());
    }
    query.between("log_seq", after, before)
}

/// What is read of an entry's metadata.
#[derive(Debug, Default, Deserialize)]
pub struct LineMetadata {
    run_key: String,
    log_seq: String,
    line_no: String,
    attempt: String,
    #[serde(default)]
    node: Option<String>,
    #[serde(default)]
    at: Option<String>,
    #[serde(default)]
    eol: Option<String>,
    #[serde(default)]
    late: Option<String>,
    #[serde(default)]
    bytes: Option<String>,
}

/// The line as it was kept before it was shipped; `None` for an entry that is no line of `run`.
#[must_use]
pub fn line_of(run: &LokiRun, found: &Found<LineMetadata>) -> Option<StoredLine> {
    let metadata = &found.metadata;
    let run_key: uuid::Uuid = metadata.run_key.parse().ok()?;
    if run_key != run.run_key.0 {
        return None;
    }
    let node = metadata.node.as_deref().or(found.labels.get("node").map(String::as_str))?;
    let at = match &metadata.at {
        Some(at) => at.parse().ok()?,
        None => at_of(found.ns)?,
    };
    let wire = Wire {
        log_seq: metadata.log_seq.parse().ok()?,
        node_ref: Cow::Borrowed(node),
        attempt: metadata.attempt.parse().ok()?,
        stream: found.labels.get("stream")?.parse().ok()?,
        line_no: metadata.line_no.parse().ok()?,
        at,
        text: Cow::Borrowed(&found.line),
        bytes: metadata.bytes.as_deref().map(Cow::Borrowed),
        eol: metadata.eol.is_none(),
        late: metadata.late.is_some(),
    };
    let bytes = match &wire.bytes {
        Some(encoded) => STANDARD.decode(encoded.as_bytes()).ok()?.into(),
        None => found.line.clone().into_bytes().into(),
    };
    wire.stored(bytes).ok()
}
