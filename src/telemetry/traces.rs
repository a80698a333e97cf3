//! Traces of telltale itself, over OTLP/HTTP with JSON bodies, where an endpoint is set.
//!
//! ```text
//! spans of the target below ─ when they close ─► queue (bounded) ─► export ─ POST, a batch at a time ─► ENDPOINT/v1/traces
//! ```
//!
//! A layer of `tracing`, so that those who make a span know nothing of it. What the collector does not take in time is counted and
//! dropped: telltale waits for nobody here. The encoding is the one of the OpenTelemetry protocol (opentelemetry-proto, JSON
//! mapping): ids in hexadecimal, times as text.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Subscriber, warn};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Spans with this target are exported, and no others; they are no lines of the log.
pub const TARGET: &str = "telltale_trace";
/// Finished spans that wait for the collector: a second of a busy server's.
const QUEUE: usize = 8_192;
/// Spans in one request.
const BATCH: usize = 512;
/// A batch waits this long for more.
const GATHER: Duration = Duration::from_secs(1);
/// A collector that takes longer is away.
const POST_LIMIT: Duration = Duration::from_secs(5);
/// How often losses are told.
const TELL_EVERY: u64 = 1_000;

static QUEUED: Mutex<Option<mpsc::Receiver<Finished>>> = Mutex::new(None);
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// A span that is over.
#[derive(Debug)]
struct Finished {
    name: &'static str,
    ids: Ids,
    started: SystemTime,
    ended: SystemTime,
    fields: Vec<(&'static str, Value)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ids {
    trace: u128,
    span: u64,
    /// 0 for none.
    parent: u64,
}

/// What a span carries while it is open.
struct Open {
    ids: Ids,
    started: SystemTime,
    fields: Vec<(&'static str, Value)>,
}

/// The layer that gathers spans; they wait for [`export`] to take them.
pub(super) struct Traces {
    queue: mpsc::Sender<Finished>,
}

impl Traces {
    pub fn new() -> Self {
        let (queue, queued) = mpsc::channel(QUEUE);
        *QUEUED.lock() = Some(queued);
        Self { queue }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Traces {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let above = span.parent().and_then(|parent| parent.extensions().get::<Open>().map(|open| open.ids));
        let ids = match (above, fields.parent) {
            (Some(above), _) => Ids { trace: above.trace, span: rand::random(), parent: above.span },
            (None, Some((trace, parent))) => Ids { trace, span: rand::random(), parent },
            (None, None) => Ids { trace: rand::random(), span: rand::random(), parent: 0 },
        };
        let open = Open { ids, started: SystemTime::now(), fields: fields.found };
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            open.fields.extend(fields.found);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(Open { ids, started, fields }) = span.extensions_mut().remove::<Open>() else { return };
        let name = span.name();
        let finished = Finished { name, ids, started, ended: SystemTime::now(), fields };
        if self.queue.try_send(finished).is_err() {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[derive(Default)]
struct Fields {
    found: Vec<(&'static str, Value)>,
    /// The trace that a caller has begun, and its span.
    parent: Option<(u128, u64)>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "traceparent" {
            self.parent = traceparent(value);
        } else {
            self.found.push((field.name(), json!({ "stringValue": value })));
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.found.push((field.name(), json!({ "intValue": value.to_string() })));
    }
}

/// `00-<trace>-<span>-<flags>`, as the W3C's Trace Context has it; anything else is none.
fn traceparent(text: &str) -> Option<(u128, u64)> {
    let mut parts = text.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if version != "00" || trace.len() != 32 || span.len() != 16 || flags.len() != 2 {
        return None;
    }
    let trace = u128::from_str_radix(trace, 16).ok().filter(|trace| *trace != 0)?;
    let span = u64::from_str_radix(span, 16).ok().filter(|span| *span != 0)?;
    Some((trace, span))
}

/// Sends what was gathered to the collector at `endpoint`, until the task is aborted.
pub async fn export(endpoint: String) {
    let Some(mut queued) = QUEUED.lock().take() else { return };
    let client = match reqwest::Client::builder().timeout(POST_LIMIT).build() {
        Ok(client) => client,
        Err(error) => {
            warn!(%error, "traces can't be sent");
            return;
        }
    };
    let url = format!("{endpoint}/v1/traces");
    let mut batch = Vec::with_capacity(BATCH);
    while queued.recv_many(&mut batch, BATCH).await > 0 {
        let full = async { while batch.len() < BATCH && queued.recv_many(&mut batch, BATCH).await > 0 {} };
        // What has come by then is sent.
        let _ = tokio::time::timeout(GATHER, full).await;
        let count = batch.len() as u64;
        let body = request(&batch).to_string();
        batch.clear();
        let sent = client.post(&url).header("content-type", "application/json").body(body).send().await;
        let taken = sent.and_then(reqwest::Response::error_for_status);
        if let Err(error) = taken {
            let before = DROPPED.fetch_add(count, Ordering::Relaxed);
            if before / TELL_EVERY != (before + count) / TELL_EVERY || before == 0 {
                warn!(%error, dropped = before + count, "the collector takes no traces; they are dropped");
            }
        }
    }
}

/// The body of an export, ExportTraceServiceRequest in JSON.
fn request(batch: &[Finished]) -> Value {
    let spans: Vec<Value> = batch.iter().map(span).collect();
    json!({ "resourceSpans": [{
        "resource": { "attributes": [
            { "key": "service.name", "value": { "stringValue": "telltale" } },
            { "key": "service.version", "value": { "stringValue": env!("CARGO_PKG_VERSION") } },
        ] },
        "scopeSpans": [{ "scope": { "name": "telltale" }, "spans": spans }],
    }] })
}

fn span(finished: &Finished) -> Value {
    /// SPAN_KIND_SERVER, and SPAN_KIND_INTERNAL.
    const KINDS: [u8; 2] = [2, 1];
    let Finished { name, ids, started, ended, fields } = finished;
    let attributes: Vec<Value> =
        fields.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    let parent = if ids.parent == 0 { String::new() } else { format!("{:016x}", ids.parent) };
    json!({
        "traceId": format!("{:032x}", ids.trace),
        "spanId": format!("{:016x}", ids.span),
        "parentSpanId": parent,
        "name": name,
        "kind": KINDS[usize::from(*name != "http.request")],
        "startTimeUnixNano": nanos(*started),
        "endTimeUnixNano": nanos(*ended),
        "attributes": attributes,
    })
}

fn nanos(at: SystemTime) -> String {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_trace_is_gone_on_with_where_it_is_one() {
        let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(
            traceparent(given),
            Some((0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c, 0xb7ad_6b71_6920_3331))
        );
        for wrong in [
            "",
            "00-1-2-01",
            &given.replace("00-", "01-"),
            &given.replace("b7ad6b7169203331", "0000000000000000"),
        ] {
            assert_eq!(traceparent(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_span_is_written_as_the_protocol_has_it() {
        let finished = Finished {
            name: "http.request",
            ids: Ids { trace: 1, span: 2, parent: 3 },
            started: UNIX_EPOCH + Duration::from_millis(1),
            ended: UNIX_EPOCH + Duration::from_millis(3),
            fields: vec![("http.route", json!({ "stringValue": "/healthz" }))],
        };
        let told = request(&[finished]);
        let span = &told["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(span["traceId"], "00000000000000000000000000000001");
        assert_eq!(
            (&span["spanId"], &span["parentSpanId"]),
            (&json!("0000000000000002"), &json!("0000000000000003"))
        );
        assert_eq!(
            (&span["startTimeUnixNano"], &span["endTimeUnixNano"]),
            (&json!("1000000"), &json!("3000000"))
        );
        assert_eq!(span["kind"], 2);
        assert_eq!(
            span["attributes"][0],
            json!({ "key": "http.route", "value": { "stringValue": "/healthz" } })
        );
    }
}
