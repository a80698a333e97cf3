//! All entries of a selector between two times, however many there are: each once, in order of time, some thousands at a time.
//!
//! Loki pages by time alone. Where a full answer ends, more entries of its last time may follow, and two of them may be equal in their
//! line too. So the last time of a full answer is left to the next one, which begins with it; a time that fills an answer by itself is
//! asked for alone.

use serde::de::DeserializeOwned;

use super::client::Loki;
use super::error::{Failure, LokiError};
use super::logql::LogQl;
use super::range::{Direction, ENTRIES_MAX, Found, RangeQuery};

/// Longest time that one query covers: a fourth of what Loki allows unless told otherwise (`max_query_length`, 30 days).
const SPAN_NS: i64 = 7 * 24 * 3_600 * 1_000_000_000;

/// A reading under way.
#[derive(Debug)]
pub struct Pages<'a> {
    loki: &'a Loki,
    query: &'a LogQl,
    next_ns: i64,
    last_ns: i64,
    /// Entries asked for at once, fewer after an answer that was too large.
    most: usize,
}

impl<'a> Pages<'a> {
    /// Of all entries with `first_ns <= time <= last_ns`.
    #[must_use]
    pub fn of(loki: &'a Loki, query: &'a LogQl, first_ns: i64, last_ns: i64) -> Self {
        Self { loki, query, next_ns: first_ns, last_ns, most: ENTRIES_MAX }
    }

    /// The next entries, at least one; `None` at the end. After an error it may be called again, and goes on where it was.
    pub async fn next<M: DeserializeOwned>(&mut self) -> Result<Option<Vec<Found<M>>>, LokiError> {
        while self.next_ns <= self.last_ns {
            let last_ns = self.last_ns.min(self.next_ns.saturating_add(SPAN_NS));
            let answer = match self.ask(self.next_ns, last_ns, self.most).await {
                Err(error) if self.most > 1 && error.is_about_answer() => {
                    self.most = self.most.div_ceil(4);
                    continue;
                }
                answer => answer?,
            };
            let (page, next_ns) = match border(&answer, |entry| entry.ns, self.most) {
                Border::None => (answer, last_ns.saturating_add(1)),
                Border::Behind(count, next_ns) => (answer.into_iter().take(count).collect(), next_ns),
                Border::Inside(ns) => (self.of_one_time(ns).await?, ns.saturating_add(1)),
            };
            self.next_ns = next_ns;
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    async fn of_one_time<M: DeserializeOwned>(&self, ns: i64) -> Result<Vec<Found<M>>, LokiError> {
        let all = self.ask(ns, ns, ENTRIES_MAX).await?;
        if all.len() < ENTRIES_MAX {
            return Ok(all);
        }
        // Loki has no way to go on inside a time.
        let detail = format!(
            "{ENTRIES_MAX} entries or more have the time {ns} ns, and no more of one time can be asked for"
        );
        Err(LokiError::without_answer(Failure::Rejected, detail))
    }

    async fn ask<M: DeserializeOwned>(
        &self,
        first_ns: i64,
        last_ns: i64,
        limit: usize,
    ) -> Result<Vec<Found<M>>, LokiError> {
        let direction = Direction::Forward;
        self.loki.query_range(&RangeQuery { query: self.query, first_ns, last_ns, limit, direction }).await
    }
}

/// Where an answer has to be cut.
#[derive(Debug, PartialEq, Eq)]
enum Border {
    /// It is not full: nothing is missing.
    None,
    /// Behind so many entries; the next answer begins with that time.
    Behind(usize, i64),
    /// It is full of one time.
    Inside(i64),
}

fn border<T>(answer: &[T], time: impl Fn(&T) -> i64, limit: usize) -> Border {
    let Some(edge) = answer.last().map(&time).filter(|_| answer.len() >= limit) else { return Border::None };
    match answer.partition_point(|entry| time(entry) < edge) {
        0 => Border::Inside(edge),
        count => Border::Behind(count, edge),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_time_of_a_full_answer_is_left_to_the_next() {
        let of = |times: &[i64]| border(times, |ns| *ns, 4);
        assert_eq!(of(&[]), Border::None);
        assert_eq!(of(&[1, 2, 2]), Border::None);
        assert_eq!(of(&[1, 2, 3, 3]), Border::Behind(2, 3));
        assert_eq!(of(&[1, 1, 1, 2]), Border::Behind(3, 2));
        assert_eq!(of(&[5, 5, 5, 5]), Border::Inside(5));
    }
}
