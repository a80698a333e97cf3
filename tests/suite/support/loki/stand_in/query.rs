//! Answers to reads: `query_range`, the labels and their values, and the deletion of what a query finds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::limits::Limits;
use super::logql::Query;
use super::metric::{Metric, duration_ns};
use super::push::{Said, now_ns};
use super::store::{Entry, Store, Stream};
use super::text::Labels;

const HOUR_NS: i64 = 3_600_000_000_000;
/// Documented as the default of `limit`.
const DEFAULT_LIMIT: usize = 100;

/// A read's parameters, from the query string or from a form.
pub type Parameters = HashMap<String, String>;

/// The flag by which a client gets stream labels and structured metadata apart.
pub const CATEGORIZE: &str = "categorize-labels";

fn bad(said: impl Into<String>) -> Said {
    (400, said.into())
}

/// Nanoseconds, seconds (up to ten digits, perhaps with a fraction), or RFC 3339.
fn time(parameters: &Parameters, name: &str, or_else: i64) -> Result<i64, Said> {
    let Some(text) = parameters.get(name).filter(|text| !text.is_empty()) else { return Ok(or_else) };
    if let Ok(number) = text.parse::<i64>() {
        return Ok(if text.len() <= 10 { number * 1_000_000_000 } else { number });
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return Ok((seconds * 1e9) as i64);
    }
    let time = text.parse::<jiff::Timestamp>();
    time.ok().and_then(|time| i64::try_from(time.as_nanosecond()).ok()).ok_or_else(|| {
        bad(format!("could not parse '{name}' parameter: cannot parse {text:?} to a valid timestamp"))
    })
}

fn span(parameters: &Parameters, limits: &Limits) -> Result<(i64, i64), Said> {
    let end = time(parameters, "end", now_ns())?;
    let start = time(parameters, "start", end - HOUR_NS)?;
    if end <= start {
        return Err(bad("end timestamp must not be before or equal to start time"));
    }
    let longest = i64::try_from(limits.max_query_length.as_nanos()).unwrap_or(i64::MAX);
    if end.saturating_sub(start) > longest {
        let (hours, limit) = ((end - start) / HOUR_NS, longest / HOUR_NS);
        return Err(bad(format!(
            "the query time range exceeds the limit (query length: {hours}h, limit: {limit}h)"
        )));
    }
    Ok((start, end))
}

fn asked(parameters: &Parameters) -> Result<Query, Said> {
    let query = parameters.get("query").filter(|query| !query.is_empty());
    Query::parse(query.ok_or_else(|| bad("parse error : syntax error: unexpected $end"))?).map_err(bad)
}

/// `GET /loki/api/v1/query_range`: start inclusive, end exclusive, the limit over all streams together.
pub fn range(
    store: &Store,
    tenant: &str,
    limits: &Limits,
    parameters: &Parameters,
    categorize: bool,
) -> Result<Value, Said> {
    let (start, end) = span(parameters, limits)?;
    if let Some(text) = parameters.get("query").filter(|text| Metric::looks_like(text)) {
        let step = parameters.get("step").map_or("60s", String::as_str);
        let metric = Metric::parse(text).map_err(bad)?;
        return metric.range(store, tenant, (start, end), duration_ns(step).map_err(bad)?).map_err(bad);
    }
    let query = asked(parameters)?;
    let limit = match parameters.get("limit") {
        Some(text) => text.parse().map_err(|_| bad("limit must be a positive value"))?,
        None => DEFAULT_LIMIT,
    };
    if limit == 0 {
        return Err(bad("limit must be a positive value"));
    }
    if limit > limits.max_entries_limit_per_query {
        let most = limits.max_entries_limit_per_query;
        return Err(bad(format!(
            "max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > {most})"
        )));
    }
    let forward = match parameters.get("direction").map(|text| text.to_lowercase()).as_deref() {
        Some("forward") => true,
        Some("backward") | None => false,
        Some(other) => return Err(bad(format!("invalid direction '{other}'"))),
    };
    let mut found = Vec::new();
    for stream in store.streams.iter().filter(|stream| stream.tenant == tenant) {
        if query.selects(&stream.labels) {
            find(stream, &query, start, end, limit, forward, &mut found);
        }
    }
    found.sort_by_key(|(_, entry)| if forward { entry.ns } else { -entry.ns });
    found.truncate(limit);
    Ok(answer(&found, categorize))
}

/// The first `limit` entries of one stream, from either end.
fn find<'a>(
    stream: &'a Stream,
    query: &Query,
    start: i64,
    end: i64,
    limit: usize,
    forward: bool,
    found: &mut Vec<(&'a Labels, &'a Entry)>,
) {
    let from = stream.entries.partition_point(|entry| entry.ns < start);
    let to = stream.entries.partition_point(|entry| entry.ns < end);
    let within = &stream.entries[from..to.max(from)];
    let keeps = |entry: &&Entry| query.keeps(&entry.line, &stream.labels, &entry.metadata);
    let all: Vec<&Entry> = if forward {
        within.iter().filter(keeps).take(limit).collect()
    } else {
        within.iter().rev().filter(keeps).take(limit).collect()
    };
    found.extend(all.into_iter().map(|entry| (&stream.labels, entry)));
}

/// With the flag, the metadata stands beside its line; without it, it counts among the labels, and entries with
/// other metadata are other streams.
fn answer(found: &[(&Labels, &Entry)], categorize: bool) -> Value {
    let result = if categorize { categorized(found) } else { flat(found) };
    let mut data = json!({ "resultType": "streams", "result": result, "stats": {} });
    if categorize {
        data["encodingFlags"] = json!([CATEGORIZE]);
    }
    json!({ "status": "success", "data": data })
}

fn categorized(found: &[(&Labels, &Entry)]) -> Vec<Value> {
    let mut streams: BTreeMap<&Labels, Vec<Value>> = BTreeMap::new();
    for (labels, entry) in found {
        let metadata: BTreeMap<&str, &str> =
            entry.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let beside = if metadata.is_empty() { json!({}) } else { json!({ "structuredMetadata": metadata }) };
        streams.entry(labels).or_default().push(json!([entry.ns.to_string(), entry.line, beside]));
    }
    streams.into_iter().map(|(stream, values)| json!({ "stream": stream, "values": values })).collect()
}

fn flat(found: &[(&Labels, &Entry)]) -> Vec<Value> {
    let mut streams: BTreeMap<Labels, Vec<Value>> = BTreeMap::new();
    for (labels, entry) in found {
        let mut all = (*labels).clone();
        all.extend(entry.metadata.iter().cloned());
        streams.entry(all).or_default().push(json!([entry.ns.to_string(), entry.line]));
    }
    streams.into_iter().map(|(stream, values)| json!({ "stream": stream, "values": values })).collect()
}

/// `GET /loki/api/v1/labels`.
pub fn label_names(store: &Store, tenant: &str) -> Value {
    let streams = store.streams.iter().filter(|stream| stream.tenant == tenant);
    let names: BTreeSet<&String> = streams.flat_map(|stream| stream.labels.keys()).collect();
    json!({ "status": "success", "data": names })
}

/// `GET /loki/api/v1/label/<name>/values`.
pub fn label_values(store: &Store, tenant: &str, name: &str) -> Value {
    let streams = store.streams.iter().filter(|stream| stream.tenant == tenant);
    let values: BTreeSet<&String> = streams.filter_map(|stream| stream.labels.get(name)).collect();
    json!({ "status": "success", "data": values })
}

/// `POST /loki/api/v1/delete`: at once, where the real one waits for its compactor.
pub fn delete(store: &mut Store, tenant: &str, parameters: &Parameters) -> Result<usize, Said> {
    let query = asked(parameters)?;
    let end = time(parameters, "end", now_ns())?;
    let start = time(parameters, "start", 0)?;
    let removed = store.remove(|stream, entry| {
        stream.tenant == tenant
            && (start..=end).contains(&entry.ns)
            && query.selects(&stream.labels)
            && query.keeps(&entry.line, &stream.labels, &entry.metadata)
    });
    removed.map_err(|e| (500, e.to_string()))
}
