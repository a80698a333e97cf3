//! Reads lines back from Loki through the segments that hold them.

use std::collections::HashSet;

use super::entry::{LineMetadata, line_of, log_ql};
use super::line::{LineFilter, StoredLine};
use super::segments::Segment;
use crate::store::loki::{Direction, ENTRIES_MAX, Loki, LokiError, RangeQuery};

/// Plain bytes of lines that one answer should hold: between Loki's own parts an answer is a single message, of 4 MiB at most
/// unless it is told otherwise.
const ANSWER_PLAIN_BYTES: u64 = 1024 * 1024;
/// Longest time that one query covers: Loki works through it in pieces of an hour or less.
const SPAN_MAX_NS: i64 = 24 * 3_600 * 1_000_000_000;

/// Lines of one run with `after < logSeq < before` that `filter` accepts, from `segments` in order, at most `limit`: the first
/// ones, or with `from_end` the last ones. Always in order of logSeq, each once.
pub async fn lines_from_loki(
    loki: &Loki,
    segments: &[Segment],
    after: u64,
    before: u64,
    limit: usize,
    from_end: bool,
    filter: &LineFilter,
) -> Result<Vec<StoredLine>, LokiError> {
    let mut lines =
        Lines { loki, after, before, limit, from_end, filter, seen: HashSet::new(), found: Vec::new() };
    let mut spans = spans(segments, !filter.patterns.is_empty());
    if from_end {
        spans.reverse();
    }
    for span in spans {
        if lines.found.len() >= limit {
            break;
        }
        lines.read(span).await?;
    }
    let mut found = lines.found;
    found.truncate(limit);
    if from_end {
        found.reverse();
    }
    Ok(found)
}

/// Neighbours that one query reads: with the same labels, not too long, and without a pattern not more lines than one answer
/// holds, so that Loki need not look further than it has to.
fn spans(segments: &[Segment], is_search: bool) -> Vec<&[Segment]> {
    let mut spans = Vec::new();
    let mut start = 0;
    for end in 1..=segments.len() {
        let span = &segments[start..end];
        let fits = segments.get(end).is_some_and(|next| {
            let first = &segments[start];
            let lines: u64 = span.iter().map(|segment| segment.lines).sum();
            let bytes: u64 = span.iter().map(|segment| segment.plain_bytes).sum();
            let is_one_answer =
                lines + next.lines <= ENTRIES_MAX as u64 && bytes + next.plain_bytes <= ANSWER_PLAIN_BYTES;
            next.run == first.run
                && next.last_ns - first.first_ns <= SPAN_MAX_NS
                && (is_search || is_one_answer)
        });
        if !fits {
            spans.push(span);
            start = end;
        }
    }
    spans
}

struct Lines<'a> {
    loki: &'a Loki,
    after: u64,
    before: u64,
    limit: usize,
    from_end: bool,
    filter: &'a LineFilter,
    seen: HashSet<u64>,
    found: Vec<StoredLine>,
}

impl Lines<'_> {
    /// Reads one span, an answer at a time, until it is through or enough is found.
    async fn read(&mut self, span: &[Segment]) -> Result<(), LokiError> {
        let (Some(first), Some(last)) = (span.first(), span.last()) else { return Ok(()) };
        let query = log_ql(&first.run, self.filter, self.after, self.before);
        let (mut first_ns, mut last_ns) = (first.first_ns, last.last_ns);
        let mut most = answer_entries(span);
        while self.found.len() < self.limit && first_ns <= last_ns {
            // A search may find what is not meant after all; without one, all of an answer is.
            let wanted = self.limit - self.found.len();
            let limit = if !self.filter.patterns.is_empty() { most } else { most.min(wanted) };
            let direction = if self.from_end { Direction::Backward } else { Direction::Forward };
            let range = RangeQuery { query: &query, first_ns, last_ns, limit, direction };
            let entries = match self.loki.query_range::<LineMetadata>(&range).await {
                Ok(entries) => entries,
                Err(error) if most > 1 && error.is_about_answer() => {
                    most = limit.div_ceil(4);
                    continue;
                }
                Err(error) => return Err(error),
            };
            for entry in &entries {
                let Some(line) = line_of(&first.run, entry) else { continue };
                let is_meant = line.log_seq > self.after && line.log_seq < self.before;
                let is_in_place = is_in_place(span, line.log_seq, entry.ns);
                if is_meant && is_in_place && self.filter.accepts(&line) && self.seen.insert(line.log_seq) {
                    self.found.push(line);
                }
            }
            let Some(edge) = entries.last().filter(|_| entries.len() >= limit) else { break };
            if self.from_end {
                last_ns = edge.ns - 1;
            } else {
                first_ns = edge.ns + 1;
            }
        }
        Ok(())
    }
}

/// Whether the entry is the one that its segment speaks of: one that was given new times may have left others behind.
fn is_in_place(span: &[Segment], log_seq: u64, ns: i64) -> bool {
    let place = span.partition_point(|segment| segment.last < log_seq);
    span.get(place)
        .is_some_and(|segment| segment.first <= log_seq && (segment.first_ns..=segment.last_ns).contains(&ns))
}

/// How many entries an answer may have, by what its lines weigh on average.
fn answer_entries(span: &[Segment]) -> usize {
    let lines: u64 = span.iter().map(|segment| segment.lines).sum::<u64>().max(1);
    let bytes: u64 = span.iter().map(|segment| segment.plain_bytes).sum();
    let entries = 2 * ANSWER_PLAIN_BYTES / (bytes / lines).max(1);
    usize::try_from(entries).unwrap_or(ENTRIES_MAX).clamp(1, ENTRIES_MAX)
}
