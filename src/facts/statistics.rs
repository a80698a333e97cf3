//! Statistics of ended runs: how many, how they ended, and how long they took, in classes of durations.

use std::collections::BTreeMap;

/// Each class of durations is this much wider than the one before: what is read back from it is right to within 5 %.
const CLASS_FACTOR: f64 = 1.1;

/// Ended runs that have everything in common that statistics ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedRuns {
    /// `YYYY-MM-DD`, in UTC.
    pub day: String,
    pub outcome: Outcome,
    /// 0: no time at all; n: below 1.1^n milliseconds, and not below 1.1^(n-1).
    pub duration_class: u32,
    pub runs: u64,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Completed,
    Failed,
    Cancelled,
}

/// Counts and durations of some runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    pub completed: u64,
    pub failed: u64,
    pub cancelled: u64,
    classes: BTreeMap<u32, u64>,
}

impl Summary {
    pub fn add(&mut self, ended: &EndedRuns) {
        let count = match ended.outcome {
            Outcome::Completed => &mut self.completed,
            Outcome::Failed => &mut self.failed,
            Outcome::Cancelled => &mut self.cancelled,
        };
        *count += ended.runs;
        *self.classes.entry(ended.duration_class).or_default() += ended.runs;
    }

    #[must_use]
    pub fn runs(&self) -> u64 {
        self.completed + self.failed + self.cancelled
    }

    /// How many of those that came to a result completed; `None` where none did. A cancelled run says nothing about it.
    #[must_use]
    pub fn success_rate(&self) -> Option<f64> {
        let judged = self.completed + self.failed;
        (judged > 0).then(|| self.completed as f64 / judged as f64)
    }

    /// The duration in milliseconds that this part of the runs did not exceed; `None` without runs.
    #[must_use]
    pub fn duration_ms(&self, part: f64) -> Option<u64> {
        let wanted = (self.runs() as f64 * part).ceil().max(1.0);
        let mut seen = 0.0;
        let class = self.classes.iter().find(|(_, runs)| {
            seen += **runs as f64;
            seen >= wanted
        });
        class.map(|(class, _)| middle_ms(*class))
    }
}

/// The middle of a class.
fn middle_ms(class: u32) -> u64 {
    if class == 0 { 0 } else { CLASS_FACTOR.powf(f64::from(class) - 0.5).round() as u64 }
}

/// The summary of all, and that of each day, oldest first.
#[must_use]
pub fn by_day(ended: &[EndedRuns]) -> (Summary, BTreeMap<String, Summary>) {
    let mut all = Summary::default();
    let mut days: BTreeMap<String, Summary> = BTreeMap::new();
    for ended in ended {
        all.add(ended);
        days.entry(ended.day.clone()).or_default().add(ended);
    }
    (all, days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(day: &str, outcome: Outcome, duration_class: u32, runs: u64) -> EndedRuns {
        EndedRuns { day: day.into(), outcome, duration_class, runs }
    }

    /// As `duration_class` in migrations/V6__history.sql.
    fn class_of(ms: f64) -> u32 {
        if ms < 1.0 { 0 } else { (ms.ln() / CLASS_FACTOR.ln()).floor() as u32 + 1 }
    }

    #[test]
    fn durations_come_back_within_five_percent() {
        for ms in [1.0, 37.0, 250.0, 1_000.0, 61_000.0, 3_600_000.0, 86_400_000.0] {
            let mut summary = Summary::default();
            summary.add(&ended("2026-11-22", Outcome::Completed, class_of(ms), 1));
            let read = summary.duration_ms(0.5).unwrap() as f64;
            assert!((read - ms).abs() <= (ms * 0.05).max(1.0), "{ms} came back as {read}");
        }
    }

    #[test]
    fn runs_are_summed_by_day_and_over_all() {
        let rows = [
            ended("2026-11-22", Outcome::Completed, class_of(100.0), 90),
            ended("2026-11-22", Outcome::Failed, class_of(9_000.0), 5),
            ended("2026-11-23", Outcome::Failed, class_of(9_000.0), 5),
            ended("2026-11-23", Outcome::Cancelled, 0, 2),
        ];
        let (all, days) = by_day(&rows);
        assert_eq!((all.runs(), all.completed, all.failed, all.cancelled), (102, 90, 10, 2));
        assert_eq!(all.success_rate(), Some(0.9));
        assert!(all.duration_ms(0.5).unwrap() < 110 && all.duration_ms(0.95).unwrap() > 8_000);
        assert_eq!(days.keys().collect::<Vec<_>>(), ["2026-11-22", "2026-11-23"]);
        assert_eq!(days["2026-11-23"].success_rate(), Some(0.0));
        assert_eq!((Summary::default().success_rate(), Summary::default().duration_ms(0.5)), (None, None));
    }
}
