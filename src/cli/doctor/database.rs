//! The database: what it is, whether it keeps its word, and whether its notifications arrive.

use std::time::Duration;

use crate::store::checkup::{self, ClockSkew, Partitions, ServerFacts};
use crate::store::db::{Db, Target};

use super::Check;

/// Older ones lack what the schema uses.
const OLDEST: i32 = 140_000;
/// From this release of each major version on, LISTEN survives what could break it before.
const LISTEN_FIXED: &[i32] = &[140_021, 150_016, 160_012, 170_008, 180_002];
/// Weeks of partitions made ahead; a server keeps four.
const WEEKS_AHEAD_WARN: i64 = 2;
/// Events carry the client's time, so this much makes a history look odd.
const SKEW_WARN_MS: u64 = 1_000;
/// More than this and staleness limits are wrong.
const SKEW_FAIL_MS: u64 = 60_000;
/// The feed's own pool needs so many connections, beside those of others.
const CONNECTIONS_WARN: i32 = 40;
/// A notification that takes longer delays the live view noticeably.
const LISTEN_SLOW: Duration = Duration::from_millis(250);

/// Looks at the database behind `target`.
pub(crate) async fn database(target: &Target, prepared: bool) -> Vec<Check> {
    let db = match crate::store::db::connect(target, 1, prepared).await {
        Ok(db) => db,
        Err(error) => {
            let advice = "start it, or correct TELLTALE_DATABASE_URL";
            return vec![Check::fail("database", error.to_string(), advice)];
        }
    };
    let mut checks = match checkup::server(&db).await {
        Ok(facts) => judge_server(&facts),
        Err(error) => vec![Check::fail("database", error.to_string(), "see the server's own log")],
    };
    checks.push(listen(target).await);
    match checkup::partitions(&db).await {
        Ok(found) => {
            checks.push(judge_partitions(found));
            if found.all > 0 {
                checks.push(cursors(&db).await);
            }
        }
        Err(error) => {
            checks.push(Check::fail("partitions", error.to_string(), "see the server's own log"));
        }
    }
    checks
}

/// Events of a dump that nobody has adopted are invisible to readers across runs.
async fn cursors(db: &Db) -> Check {
    const SUBJECT: &str = "cursors";
    match checkup::has_foreign_events(db).await {
        Ok(false) => Check::ok(SUBJECT, "all events were written in this cluster, or adopted"),
        Ok(true) => Check::fail(
            SUBJECT,
            "there are events of another cluster, which readers across runs can't see",
            "stop the servers, run `telltale migrate restored` once, and start them again",
        ),
        Err(error) => Check::fail(SUBJECT, error.to_string(), "see the server's own log"),
    }
}

async fn listen(target: &Target) -> Check {
    match checkup::listen_round_trip(target).await {
        Ok(found) => judge_listen(found),
        Err(error) => Check::fail("notifications", error.to_string(), "see the server's own log"),
    }
}

fn judge_server(facts: &ServerFacts) -> Vec<Check> {
    vec![
        judge_version(facts),
        judge_durability(facts),
        judge_connections(facts),
        judge_skew(facts.clock_ahead),
    ]
}

fn judge_version(facts: &ServerFacts) -> Check {
    const SUBJECT: &str = "database";
    let finding = format!("PostgreSQL {}", facts.version);
    if facts.version_number < OLDEST {
        return Check::fail(SUBJECT, finding, "telltale needs PostgreSQL 14 or newer");
    }
    if facts.is_standby {
        return Check::fail(
            SUBJECT,
            format!("{finding}, a standby"),
            "name the primary: a standby takes no appends",
        );
    }
    let fixed = LISTEN_FIXED.iter().find(|fixed| **fixed / 10_000 == facts.version_number / 10_000);
    match fixed {
        Some(fixed) if facts.version_number < *fixed => {
            let (major, minor) = (fixed / 10_000, fixed % 10_000);
            let advice =
                format!("LISTEN can fail before {major}.{minor}; upgrade, until then polling covers for it");
            Check::warn(SUBJECT, finding, advice)
        }
        _ => Check::ok(SUBJECT, finding),
    }
}

fn judge_durability(facts: &ServerFacts) -> Check {
    const SUBJECT: &str = "durability";
    let ServerFacts { fsync, full_page_writes, synchronous_commit, .. } = facts;
    let finding = format!(
        "fsync {fsync}, full_page_writes {full_page_writes}, synchronous_commit {synchronous_commit}"
    );
    if fsync != "on" || full_page_writes != "on" {
        let advice = "acknowledged events can be lost in a crash: switch both on in postgresql.conf";
        return Check::fail(SUBJECT, finding, advice);
    }
    if synchronous_commit == "off" {
        let advice =
            "telltale switches it on for its own appends; others' writes here may be lost in a crash";
        return Check::warn(SUBJECT, finding, advice);
    }
    Check::ok(SUBJECT, finding)
}

fn judge_connections(facts: &ServerFacts) -> Check {
    const SUBJECT: &str = "connections";
    let finding = format!("{} allowed", facts.max_connections);
    if facts.max_connections < CONNECTIONS_WARN {
        return Check::warn(SUBJECT, finding, "raise max_connections, or lower TELLTALE_DATABASE_POOL");
    }
    Check::ok(SUBJECT, finding)
}

fn judge_skew(skew: ClockSkew) -> Check {
    const SUBJECT: &str = "clocks";
    // Within the round trip nothing is known.
    let uncertain = u64::try_from(skew.round_trip.as_millis()).unwrap_or(u64::MAX);
    let off = skew.millis.unsigned_abs();
    let side = if skew.millis < 0 { "behind" } else { "ahead of" };
    let finding = format!("the database's is {off} ms {side} this machine's (± {uncertain} ms)");
    let advice = "keep both machines on network time (chrony, systemd-timesyncd)";
    match off.saturating_sub(uncertain) {
        ..SKEW_WARN_MS => Check::ok(SUBJECT, finding),
        SKEW_WARN_MS..SKEW_FAIL_MS => Check::warn(SUBJECT, finding, advice),
        _ => Check::fail(SUBJECT, finding, advice),
    }
}

fn judge_listen(round_trip: Option<Duration>) -> Check {
    const SUBJECT: &str = "notifications";
    match round_trip {
        Some(took) if took < LISTEN_SLOW => {
            Check::ok(SUBJECT, format!("LISTEN and NOTIFY work, {} ms there and back", took.as_millis()))
        }
        Some(took) => Check::warn(
            SUBJECT,
            format!("a notification took {} ms", took.as_millis()),
            "the database is busy or far away; live views lag by so much",
        ),
        None => Check::warn(
            SUBJECT,
            "LISTEN gets nothing",
            "a pooler in transaction mode swallows it: live views poll instead; connect to PostgreSQL directly for less delay",
        ),
    }
}

fn judge_partitions(found: Partitions) -> Check {
    const SUBJECT: &str = "partitions";
    match found {
        Partitions { all: 0, .. } => Check::warn(
            SUBJECT,
            "the schema isn't there yet",
            "`telltale serve` makes it, or `telltale migrate up`",
        ),
        Partitions { ahead, .. } if ahead >= WEEKS_AHEAD_WARN => {
            Check::ok(SUBJECT, format!("made for {ahead} weeks ahead"))
        }
        Partitions { ahead, .. } => Check::warn(
            SUBJECT,
            format!("made for {ahead} weeks ahead"),
            "a running server makes them; start one, or see why its keeper fails in its log",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn facts() -> ServerFacts {
        ServerFacts {
            version_number: 150_016,
            version: "15.16".into(),
            fsync: "on".into(),
            full_page_writes: "on".into(),
            synchronous_commit: "on".into(),
            is_standby: false,
            max_connections: 100,
            clock_ahead: ClockSkew { millis: 3, round_trip: Duration::from_millis(1) },
        }
    }

    #[test]
    fn a_sound_database_is_ok_throughout() {
        assert!(judge_server(&facts()).iter().all(|check| check.verdict == Verdict::Ok));
    }

    #[test]
    fn versions_whose_listen_can_fail_are_named() {
        let verdict = |version_number| judge_version(&ServerFacts { version_number, ..facts() }).verdict;
        assert_eq!(verdict(130_020), Verdict::Fail);
        assert_eq!(verdict(150_015), Verdict::Warn);
        assert_eq!([150_016, 170_009, 190_000].map(verdict), [Verdict::Ok; 3]);
        let advice = judge_version(&ServerFacts { version_number: 150_001, ..facts() }).advice;
        assert!(advice.is_some_and(|advice| advice.contains("15.16")));
    }

    #[test]
    fn a_database_that_may_forget_fails() {
        let fsync = ServerFacts { fsync: "off".into(), ..facts() };
        assert_eq!(judge_durability(&fsync).verdict, Verdict::Fail);
        let lazy = ServerFacts { synchronous_commit: "off".into(), ..facts() };
        assert_eq!(judge_durability(&lazy).verdict, Verdict::Warn);
    }

    #[test]
    fn clocks_apart_are_judged_beyond_what_the_round_trip_hides() {
        let verdict = |millis, round_trip| {
            judge_skew(ClockSkew { millis, round_trip: Duration::from_millis(round_trip) }).verdict
        };
        assert_eq!([verdict(-999, 0), verdict(1_500, 600)], [Verdict::Ok; 2]);
        assert_eq!([verdict(-1_000, 0), verdict(59_000, 0)], [Verdict::Warn; 2]);
        assert_eq!(verdict(i64::MIN, 0), Verdict::Fail);
    }

    #[test]
    fn missing_notifications_and_partitions_only_warn() {
        assert_eq!(judge_listen(None).verdict, Verdict::Warn);
        assert_eq!(judge_listen(Some(Duration::from_millis(1))).verdict, Verdict::Ok);
        let partitions =
            [(0, 0), (5, 1), (5, 4)].map(|(all, ahead)| judge_partitions(Partitions { all, ahead }));
        assert_eq!(partitions.map(|check| check.verdict), [Verdict::Warn, Verdict::Warn, Verdict::Ok]);
    }
}
