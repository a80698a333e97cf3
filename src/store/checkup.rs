//! Looks at a database the way `telltale doctor` and the metrics want to know it. Changes nothing.

use std::time::{Duration, Instant, SystemTime};

use futures_util::StreamExt as _;
use tokio::sync::oneshot;
use tokio_postgres::{AsyncMessage, Row};
use tokio_util::task::AbortOnDropHandle;

use super::db::{Db, DbError, Messages, Query, Target, query};
use crate::facts::time::Timestamp;

const SERVER: Query = query!("checkup/server";);
const PARTITIONS: Query = query!("checkup/partitions";);
const FOREIGN_EVENTS: Query = query!("checkup/foreign_events";);
const RETENTION: Query = query!("checkup/retention";);
const SIGNALS: Query = query!("checkup/signals"; TIMESTAMPTZ);

/// A notification to oneself comes back within a round trip; a server where LISTEN fails never sends it.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(5);
/// Not the feed's channel, so that no running server is woken.
const LISTEN: &str = "LISTEN telltale_doctor";
const NOTIFY: &str = "NOTIFY telltale_doctor";

/// The server, its settings, and its clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// As in `server_version_num`: 150016 is 15.16.
    pub version_number: i32,
    pub version: String,
    pub fsync: String,
    pub full_page_writes: String,
    pub synchronous_commit: String,
    pub is_standby: bool,
    pub max_connections: i32,
    /// The server's clock less ours, give or take the round trip.
    pub clock_ahead: ClockSkew,
}

/// How far another clock is from ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockSkew {
    pub millis: i64,
    /// The round trip in which the clocks were compared: the skew is known to half of it.
    pub round_trip: Duration,
}

/// The weekly partitions of the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partitions {
    pub all: i64,
    /// Those that begin after now.
    pub ahead: i64,
}

/// What a running server looks at from time to time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signals {
    /// Of 1.
    pub notify_queue_usage: f64,
    pub stuck: StuckRuns,
    /// Until the partitions end, of the table whose end comes first.
    pub partitions_ahead_seconds: f64,
}

/// Runs that don't move, by why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StuckRuns {
    /// Without a sign of life.
    pub stale: i64,
    /// In the queue for long, and nobody has them.
    pub waiting: i64,
}

impl StuckRuns {
    /// The words for the reasons, in the order of the fields.
    pub const REASONS: [&str; 2] = ["stale", "waiting"];

    #[must_use]
    pub fn by_reason(self) -> [(&'static str, i64); 2] {
        let [stale, waiting] = Self::REASONS;
        [(stale, self.stale), (waiting, self.waiting)]
    }
}

/// Looks at the state of things; runs that nobody has claimed since `waiting_since` are stuck.
pub async fn signals(db: &Db, waiting_since: Timestamp) -> Result<Signals, DbError> {
    let row = db.get().await?.query_one(&SIGNALS, &[&waiting_since]).await?;
    Ok(Signals {
        notify_queue_usage: column(&row, 0)?,
        stuck: StuckRuns { stale: column(&row, 1)?, waiting: column(&row, 2)? },
        partitions_ahead_seconds: column(&row, 3)?,
    })
}

/// By how many seconds the oldest run that retention should have removed is overdue.
pub async fn retention_behind(db: &Db) -> Result<f64, DbError> {
    column(&db.get().await?.query_one(&RETENTION, &[]).await?, 0)
}

/// Asks the server about itself.
pub async fn server(db: &Db) -> Result<ServerFacts, DbError> {
    let connection = db.get().await?;
    // Once before the clocks are compared, so that preparing the query isn't part of the round trip.
    connection.query_one(&SERVER, &[]).await?;
    let (asked_at, started) = (SystemTime::now(), Instant::now());
    let row = connection.query_one(&SERVER, &[]).await?;
    let round_trip = started.elapsed();
    let theirs: SystemTime = column(&row, 7)?;
    Ok(ServerFacts {
        version_number: column(&row, 0)?,
        version: column(&row, 1)?,
        fsync: column(&row, 2)?,
        full_page_writes: column(&row, 3)?,
        synchronous_commit: column(&row, 4)?,
        is_standby: column(&row, 5)?,
        max_connections: column(&row, 6)?,
        clock_ahead: ClockSkew { millis: millis_between(asked_at + round_trip / 2, theirs), round_trip },
    })
}

/// Asks how many partitions there are.
pub async fn partitions(db: &Db) -> Result<Partitions, DbError> {
    let row = db.get().await?.query_one(&PARTITIONS, &[]).await?;
    Ok(Partitions { all: column(&row, 0)?, ahead: column(&row, 1)? })
}

/// Whether events bear transaction ids that this cluster has not given yet: they came with a dump, and nobody has adopted them.
pub async fn has_foreign_events(db: &Db) -> Result<bool, DbError> {
    column(&db.get().await?.query_one(&FOREIGN_EVENTS, &[]).await?, 0)
}

/// Whether a notification sent to oneself arrives, and how long it takes. `None`: it doesn't, which is so behind
/// a pooler in transaction mode, on a standby, and on servers whose LISTEN fails.
pub async fn listen_round_trip(target: &Target) -> Result<Option<Duration>, DbError> {
    let (client, messages) = target.open_raw().await?;
    let (heard, hearing) = oneshot::channel();
    // The answers to our own commands come the same way, so it is read on after the notification.
    let _reader = AbortOnDropHandle::new(tokio::spawn(read(messages, heard)));
    let started = Instant::now();
    let asking = async {
        client.batch_execute(LISTEN).await?;
        client.batch_execute(NOTIFY).await?;
        Ok(hearing.await.is_ok())
    };
    match tokio::time::timeout(LISTEN_TIMEOUT, asking).await {
        Ok(Ok(true)) => Ok(Some(started.elapsed())),
        Ok(Ok(false)) | Err(_) => Ok(None),
        Ok(Err(error)) => refused_or_gone(error),
    }
}

/// A server that answers LISTEN with an error has none to offer; a connection that broke is another matter.
fn refused_or_gone(error: tokio_postgres::Error) -> Result<Option<Duration>, DbError> {
    if error.code().is_some() { Ok(None) } else { Err(DbError::of_query("checkup/listen", error)) }
}

/// Moves the connection until it ends, and tells when the first notification comes.
async fn read(mut messages: Messages, heard: oneshot::Sender<()>) {
    let mut heard = Some(heard);
    while let Some(Ok(message)) = messages.next().await {
        if let AsyncMessage::Notification(_) = message
            && let Some(heard) = heard.take()
        {
            // Whoever waited may have given up.
            let _ = heard.send(());
        }
    }
}

fn column<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a Row, place: usize) -> Result<T, DbError> {
    row.try_get(place).map_err(|error| DbError::Shape(error.to_string()))
}

/// `to` less `from`, negative when it is earlier.
fn millis_between(from: SystemTime, to: SystemTime) -> i64 {
    let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    match to.duration_since(from) {
        Ok(ahead) => millis(ahead),
        Err(behind) => -millis(behind.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_behind_is_a_negative_skew() {
        let now = SystemTime::now();
        assert_eq!(millis_between(now, now + Duration::from_millis(1500)), 1500);
        assert_eq!(millis_between(now, now - Duration::from_millis(1500)), -1500);
    }
}
