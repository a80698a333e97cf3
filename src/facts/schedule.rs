//! When a schedule's ticks are, and which of them start a run.
//!
//! Pure: the time is passed in. A cron expression has five fields or is one of `@hourly @daily @weekly @monthly @yearly`, read in a time zone.
//! Where clocks are set forward, a fixed time that there isn't is the first one after the gap; where they are set back, a fixed time comes
//! once, and what repeats (`*`, steps) goes on through both hours: Vixie cron's rules, as the crate `croner` has them.

use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;

use super::status::words;
use super::time::Timestamp;

/// Longest expression and longest name of a zone: anything longer is something else.
const TEXT_MAX_BYTES: usize = 128;
/// A tick that is found this late was missed: nobody looked, for longer than a restart takes.
pub const MISSED_AFTER: Duration = Duration::from_secs(60);
const SECOND_MICROS: i64 = 1_000_000;

words! {
    /// What becomes of ticks that came while no server was there.
    Missed {
        /// Nothing; the next one is the next.
        Skip = "skip",
        /// One run, for the last of them.
        RunOnce = "run-once",
    }
}

/// A schedule's times.
#[derive(Debug, Clone)]
pub struct Clockwork {
    cron: Cron,
    zone: TimeZone,
}

/// Which part of a schedule is wrong, and why; completes "`cron` …".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    pub field: &'static str,
    pub reason: String,
}

/// What a schedule whose time has come does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The tick that starts a run.
    pub tick: Option<Timestamp>,
    /// None: never again.
    pub next: Option<Timestamp>,
}

impl Clockwork {
    /// Reads both texts, or tells what is wrong with each.
    pub fn parse(cron: &str, zone: &str) -> Result<Self, Vec<Misfit>> {
        match (parse_cron(cron), parse_zone(zone)) {
            (Ok(cron), Ok(zone)) => Ok(Self { cron, zone }),
            (cron, zone) => Err([cron.err(), zone.err()].into_iter().flatten().collect()),
        }
    }

    /// The first tick behind `at`.
    #[must_use]
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        stamp(&self.cron.find_next_occurrence(&self.zoned(at)?, false).ok()?)
    }

    /// The last tick at or before `at`.
    fn last_until(&self, at: Timestamp) -> Option<Timestamp> {
        stamp(&self.cron.find_previous_occurrence(&self.zoned(at)?, true).ok()?)
    }

    fn zoned(&self, at: Timestamp) -> Option<jiff::Zoned> {
        // Whole seconds: what is a fraction behind a tick is at it.
        let seconds = at.as_micros().div_euclid(SECOND_MICROS);
        Some(jiff::Timestamp::from_second(seconds).ok()?.to_zoned(self.zone.clone()))
    }

    /// What to do now that the time `next_at` has come.
    #[must_use]
    pub fn decide(&self, next_at: Timestamp, now: Timestamp, missed: Missed) -> Decision {
        let last = self.last_until(now).filter(|last| *last >= next_at).unwrap_or(next_at);
        let is_late = u128::from(now.micros_since(last)) > MISSED_AFTER.as_micros();
        let tick = (!is_late || missed == Missed::RunOnce).then_some(last);
        Decision { tick, next: self.next_after(now.max(last)) }
    }
}

fn parse_cron(text: &str) -> Result<Cron, Misfit> {
    let wrong = |reason: String| Misfit { field: "cron", reason };
    if text.len() > TEXT_MAX_BYTES {
        return Err(wrong(format!("is longer than {TEXT_MAX_BYTES} bytes")));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(text).map_err(|error| {
        wrong(format!("is not minute, hour, day, month and weekday, nor one like @daily: {error}"))
    })
}

fn parse_zone(name: &str) -> Result<TimeZone, Misfit> {
    let unknown = || {
        let shown: String = name.chars().take(TEXT_MAX_BYTES).collect();
        Misfit { field: "timeZone", reason: format!("is no time zone like Europe/Berlin or UTC: `{shown}`") }
    };
    // The machine's own zone differs from server to server.
    let is_named = name.len() <= TEXT_MAX_BYTES && !name.eq_ignore_ascii_case("local");
    if !is_named {
        return Err(unknown());
    }
    TimeZone::get(name).map_err(|_| unknown())
}

fn stamp(zoned: &jiff::Zoned) -> Option<Timestamp> {
    Timestamp::from_micros(zoned.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn ticks(cron: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let clockwork = Clockwork::parse(cron, zone).unwrap();
        let mut now = at(from);
        let next = || {
            now = clockwork.next_after(now)?;
            Some(now.to_string()[5..16].to_owned())
        };
        std::iter::from_fn(next).take(count).collect()
    }

    #[test]
    fn five_fields_or_a_name() {
        assert_eq!(
            ticks("*/20 * * * *", "UTC", "2026-11-22T10:05:30.5Z", 3),
            ["11-22T10:20", "11-22T10:40", "11-22T11:00"]
        );
        assert_eq!(
            ticks("@daily", "Europe/Berlin", "2026-11-22T10:00:00Z", 2),
            ["11-22T23:00", "11-23T23:00"]
        );
        assert_eq!(
            ticks("30 9 * * MON-FRI", "America/New_York", "2026-11-20T15:00:00Z", 2),
            ["11-23T14:30", "11-24T14:30"]
        );
        assert_eq!(ticks("0 0 29 2 *", "UTC", "2026-03-01T00:00:00Z", 1), ["02-29T00:00"]);
        assert_eq!(ticks("0 0 31 2 *", "UTC", "2026-03-01T00:00:00Z", 1), [""; 0]);
        let misfits = |cron: &str, zone: &str| {
            let faults = Clockwork::parse(cron, zone).unwrap_err();
            faults.iter().map(|fault| fault.field).collect::<Vec<_>>()
        };
        assert_eq!(misfits("* * * *", "Mars/Olympus"), ["cron", "timeZone"]);
        for bad in ["", "* * * * * *", "61 * * * *", "@reboot", "a b c d e", &"*".repeat(200)] {
            assert_eq!(misfits(bad, "UTC"), ["cron"], "{bad}");
        }
        for bad in ["", "local", "../../etc/passwd", &"x".repeat(200)] {
            assert_eq!(misfits("@daily", bad), ["timeZone"], "{bad}");
        }
    }

    #[test]
    fn a_time_that_there_is_not_comes_after_the_gap() {
        // Europe/Berlin, 29 March 2026: 02:00 is 03:00.
        let of = |cron: &str| ticks(cron, "Europe/Berlin", "2026-03-28T12:00:00Z", 3);
        assert_eq!(of("30 2 * * *"), ["03-29T01:00", "03-30T00:30", "03-31T00:30"]);
        assert_eq!(of("0 3 * * *"), ["03-29T01:00", "03-30T01:00", "03-31T01:00"]);
        let hourly = ticks("0 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 3);
        assert_eq!(hourly, ["03-29T01:00", "03-29T02:00", "03-29T03:00"]);
    }

    #[test]
    fn a_time_that_comes_twice_is_one_tick() {
        // Europe/Berlin, 25 October 2026: 03:00 is 02:00.
        let of = |cron: &str| ticks(cron, "Europe/Berlin", "2026-10-24T12:00:00Z", 2);
        assert_eq!(of("30 2 * * *"), ["10-25T00:30", "10-26T01:30"]);
        let half_hours = ticks("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:45:00Z", 5);
        assert_eq!(half_hours, ["10-25T00:00", "10-25T00:30", "10-25T01:00", "10-25T01:30", "10-25T02:00"]);
    }

    #[test]
    fn a_tick_in_time_starts_a_run_and_missed_ones_by_their_rule() {
        let clockwork = Clockwork::parse("0 * * * *", "UTC").unwrap();
        let decide = |now: &str, missed| {
            let decided = clockwork.decide(at("2026-11-22T10:00:00Z"), at(now), missed);
            (
                decided.tick.map(|tick| tick.to_string()[11..16].to_owned()),
                decided.next.unwrap().to_string()[11..16].to_owned(),
            )
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(decide("2026-11-22T10:00:00.2Z", Missed::Skip), (some("10:00"), "11:00".into()));
        assert_eq!(decide("2026-11-22T10:01:00Z", Missed::Skip), (some("10:00"), "11:00".into()));
        assert_eq!(decide("2026-11-22T10:01:01Z", Missed::Skip), (None, "11:00".into()));
        assert_eq!(decide("2026-11-22T13:30:00Z", Missed::Skip), (None, "14:00".into()));
        assert_eq!(decide("2026-11-22T13:30:00Z", Missed::RunOnce), (some("13:00"), "14:00".into()));
        // The newest of those that were missed is in time.
        assert_eq!(decide("2026-11-22T13:00:10Z", Missed::Skip), (some("13:00"), "14:00".into()));
    }

    #[test]
    fn missed_over_a_change_of_clocks() {
        let clockwork = Clockwork::parse("30 2 * * *", "Europe/Berlin").unwrap();
        let decided = clockwork.decide(at("2026-03-29T01:00:00Z"), at("2026-03-29T01:00:05Z"), Missed::Skip);
        assert_eq!(decided.tick, Some(at("2026-03-29T01:00:00Z")));
        assert_eq!(decided.next, Some(at("2026-03-30T00:30:00Z")));
    }
}
