//! One push: every entry that may come in does, and the answer names the first that may not.
//!
//! That is how Loki is documented: a 400 or a 429 for a part of a batch does not undo the rest.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::limits::{Bucket, Limits};
use super::store::{Place, Store};
use super::text::{self, Labels};
use super::wire::{PushedEntry, PushedStream};

/// A status and what is said with it; nothing with 204.
pub type Said = (u16, String);

/// Labels that Loki 3 takes a stream's `service_name` from, the first that is there
/// (`discover_service_name`).
const SERVICE_LABELS: [&str; 10] = [
    "service",
    "app",
    "application",
    "name",
    "app_kubernetes_io_name",
    "container",
    "container_name",
    "component",
    "workload",
    "job",
];

/// Counts of one push.
#[derive(Debug, Default, Clone, Copy)]
pub struct Taken {
    pub stored: u64,
    pub repeated: u64,
}

pub fn now_ns() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as i64
}

fn ns(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

fn shown_time(ns: i64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(ns)).map_or_else(|_| ns.to_string(), |time| time.to_string())
}

fn bytes_of(stream: &PushedStream) -> usize {
    let pairs = |entry: &PushedEntry| entry.metadata.iter().map(|(a, b)| a.len() + b.len()).sum::<usize>();
    stream.entries.iter().map(|entry| entry.line.len() + pairs(entry)).sum()
}

/// Whether the whole request is too much for now. Nothing of such a request is taken.
pub fn too_fast(
    streams: &[PushedStream],
    tenant: &str,
    limits: &Limits,
    bucket: &mut Bucket,
) -> Option<Said> {
    let bytes: usize = streams.iter().map(bytes_of).sum();
    if bucket.take(bytes, limits) {
        return None;
    }
    let lines: usize = streams.iter().map(|stream| stream.entries.len()).sum();
    let said = format!(
        "ingestion rate limit exceeded for user {tenant} (limit: {} bytes/sec) while attempting to ingest '{lines}' \
         lines totaling '{bytes}' bytes, reduce log volume or contact your Loki administrator to see if the limit \
         can be increased",
        limits.ingestion_rate
    );
    Some((429, said))
}

/// Takes one stream's entries in, as far as they may.
pub fn take(
    store: &mut Store,
    tenant: &str,
    limits: &Limits,
    pushed: PushedStream,
    taken: &mut Taken,
) -> Result<(), Said> {
    let mut labels = text::labels(&pushed.labels).map_err(|fault| (400, fault))?;
    let shown = text::shown(&labels);
    check_labels(&labels, &shown, limits)?;
    // A label without a value is none.
    labels.retain(|_, value| !value.is_empty());
    labels.insert("service_name".to_owned(), service_name(&labels));
    let mut fault = None;
    let now = now_ns();
    let mut fit: Vec<PushedEntry> = Vec::with_capacity(pushed.entries.len());
    for entry in pushed.entries {
        match check_entry(&entry, &shown, limits, now) {
            Ok(()) => fit.push(entry),
            Err(said) => fault = fault.or(Some(said)),
        }
    }
    if fit.is_empty() {
        return fault.map_or(Ok(()), Err);
    }
    let place = place(store, tenant, &labels, limits)?;
    let behind = add(store, place, tenant, limits, fit, taken);
    store.save().map_err(|e| (500, e.to_string()))?;
    behind.or(fault).map_or(Ok(()), Err)
}

fn service_name(labels: &Labels) -> String {
    let found = SERVICE_LABELS.iter().find_map(|name| labels.get(*name));
    found.map_or("unknown_service", String::as_str).to_owned()
}

fn check_labels(labels: &Labels, shown: &str, limits: &Limits) -> Result<(), Said> {
    if labels.is_empty() {
        return Err((400, "error at least one label pair is required per stream".to_owned()));
    }
    if labels.len() > limits.max_label_names_per_series {
        let (count, limit) = (labels.len(), limits.max_label_names_per_series);
        return Err((400, format!("stream '{shown}' has {count} label names; limit {limit}")));
    }
    let too_long = labels.iter().find(|(_, value)| value.len() > limits.max_label_value_length);
    too_long.map_or(Ok(()), |(_, value)| {
        Err((400, format!("stream '{shown}' has label value too long: '{value}'")))
    })
}

fn check_entry(entry: &PushedEntry, shown: &str, limits: &Limits, now: i64) -> Result<(), Said> {
    let size: usize = entry.metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    let oldest = now - ns(limits.reject_old_samples_max_age);
    let said = if entry.ns < oldest {
        let (time, oldest) = (shown_time(entry.ns), shown_time(oldest));
        format!(
            "entry for stream '{shown}' has timestamp too old: {time}, oldest acceptable timestamp is: {oldest}"
        )
    } else if entry.ns > now + ns(limits.creation_grace_period) {
        format!("entry for stream '{shown}' has timestamp too new: {}", shown_time(entry.ns))
    } else if entry.line.len() > limits.max_line_size {
        format!(
            "Max entry size '{}' bytes exceeded for stream '{shown}' while adding an entry with length '{}' bytes",
            limits.max_line_size,
            entry.line.len()
        )
    } else if !entry.metadata.is_empty() && !limits.allow_structured_metadata {
        format!(
            "stream '{shown}' includes structured metadata, but this feature is disallowed. Please see \
             `limits_config.allow_structured_metadata` or contact your Loki administrator to enable it"
        )
    } else if size > limits.max_structured_metadata_size {
        format!(
            "stream '{shown}' has structured metadata too large: '{size}' bytes, limit: '{}' bytes. Please see \
             `limits_config.max_structured_metadata_size` or contact your Loki administrator to increase it",
            limits.max_structured_metadata_size
        )
    } else if entry.metadata.len() > limits.max_structured_metadata_entries_count {
        format!(
            "stream '{shown}' has too many structured metadata labels: '{}', limit: '{}'. Please see \
             `limits_config.max_structured_metadata_entries_count` or contact your Loki administrator to increase it",
            entry.metadata.len(),
            limits.max_structured_metadata_entries_count
        )
    } else {
        return Ok(());
    };
    Err((400, said))
}

fn place(store: &mut Store, tenant: &str, labels: &Labels, limits: &Limits) -> Result<Place, Said> {
    let is_new = store.find(tenant, labels).is_none();
    if is_new && store.streams_of(tenant) >= limits.max_global_streams_per_user {
        let said = format!(
            "maximum active stream limit exceeded when trying to create stream {}, reduce the number of active \
             streams (reduce labels or reduce label values), or contact your Loki administrator to see if the limit \
             can be increased, user: '{tenant}'",
            text::shown(labels)
        );
        return Err((429, said));
    }
    Ok(store.stream(tenant, labels))
}

/// Adds what is not too far behind the stream's newest entry; the answer names the first that is.
fn add(
    store: &mut Store,
    place: Place,
    tenant: &str,
    limits: &Limits,
    entries: Vec<PushedEntry>,
    taken: &mut Taken,
) -> Option<Said> {
    let total = entries.len();
    let mut behind: BTreeMap<i64, i64> = BTreeMap::new();
    for mut entry in entries {
        let newest = store.streams[place].entries.last().map_or(i64::MIN, |last| last.ns);
        let oldest = newest.saturating_sub(ns(limits.out_of_order));
        if entry.ns < oldest {
            behind.entry(entry.ns).or_insert(oldest);
            continue;
        }
        detect_level(&mut entry);
        if store.add(place, entry) { taken.stored += 1 } else { taken.repeated += 1 }
    }
    let (time, oldest) = behind.first_key_value()?;
    let said = format!(
        "entry with timestamp {} ignored, reason: 'entry too far behind, oldest acceptable timestamp is: {}',\nuser \
         '{tenant}', total ignored: {} out of {total} for stream: {}",
        shown_time(*time),
        shown_time(*oldest),
        behind.len(),
        text::shown(&store.streams[place].labels)
    );
    Some((400, said))
}

/// Loki 3 adds what level it believes a line has (`discover_log_levels`), where the entry says none itself.
fn detect_level(entry: &mut PushedEntry) {
    if entry.metadata.iter().any(|(name, _)| name == "detected_level" || name == "level") {
        return;
    }
    let found =
        ["error", "warn", "info", "debug", "trace"].into_iter().find(|level| entry.line.contains(level));
    entry.metadata.push(("detected_level".to_owned(), found.unwrap_or("unknown").to_owned()));
}
