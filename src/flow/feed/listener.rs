//! The one LISTEN connection of a process.
//!
//! A dead one is not found by an error but by an echo that doesn't come back: every few seconds the listener rings its own
//! bell over another connection. Until the first echo, and whenever one is overdue, delivery is by poll.

use std::time::Duration;

use futures_util::StreamExt as _;
use metrics::gauge;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::{AsyncMessage, Client};
use tracing::{info, warn};
use uuid::Uuid;

use super::doorbell::{self, RING, Ring};
use super::{Delivery, Feed};
use crate::facts::metric;
use crate::facts::status::RunStatus;
use crate::store::db::{DbError, Messages, Query, Target, query};
use crate::store::runs::Heads;

const LISTEN: Query = query!("feed/listen";);

/// Time between two echoes.
const ECHO_EVERY: Duration = Duration::from_secs(3);
/// An echo that takes longer will not come: it usually takes a millisecond.
const ECHO_WITHIN: Duration = Duration::from_secs(2);
/// Pause before a lost connection is made anew.
const RECONNECT_AFTER: Duration = Duration::from_millis(250);
/// Pause where LISTEN never worked, as through a pooler in transaction mode: it will hardly begin to.
const RETRY_DEAF_AFTER: Duration = Duration::from_secs(30);

/// Why the listener stopped hearing.
#[derive(Debug, thiserror::Error)]
enum Deaf {
    #[error("{0}")]
    Database(#[from] DbError),
    #[error("the connection ended")]
    Ended,
    #[error("no echo within {} s", ECHO_WITHIN.as_secs())]
    NoEcho,
}

/// Listens until the task is aborted.
pub(super) async fn run(feed: Feed, target: Target) {
    loop {
        let mut has_heard = false;
        let Err(why) = listen(&feed, &target, &mut has_heard).await;
        gauge!(metric::FEED_LISTENER_UP).set(0.0);
        gauge!(metric::FEED_POLLING).set(1.0);
        feed.shared.delivery.send_replace(Delivery::Poll);
        let pause = match &why {
            Deaf::NoEcho if !has_heard => {
                info!("notifications do not come through here: events are delivered by poll");
                RETRY_DEAF_AFTER
            }
            _ => {
                warn!(%why, "the listener lost its connection");
                RECONNECT_AFTER
            }
        };
        sleep(pause).await;
    }
}

async fn listen(
    feed: &Feed,
    target: &Target,
    has_heard: &mut bool,
) -> Result<std::convert::Infallible, Deaf> {
    let (client, mut messages) = target.open_raw().await?;
    subscribe(&client, &mut messages).await?;
    gauge!(metric::FEED_LISTENER_UP).set(1.0);
    // LISTEN first, then look: whatever comes between is seen twice rather than never.
    feed.rescan().await?;
    let mut expected: Option<Uuid> = None;
    let mut deadline = Instant::now();
    loop {
        let message = match timeout_at(deadline, messages.next()).await {
            Ok(message) => message,
            Err(_) if expected.is_some() => return Err(Deaf::NoEcho),
            Err(_) => {
                let nonce = Uuid::new_v4();
                let payload = doorbell::echo_payload(nonce);
                feed.shared.db.get().await?.query(&RING, &[&payload]).await?;
                expected = Some(nonce);
                deadline = Instant::now() + ECHO_WITHIN;
                continue;
            }
        };
        let Some(Ok(message)) = message else { return Err(Deaf::Ended) };
        let AsyncMessage::Notification(notification) = message else { continue };
        match doorbell::parse(notification.payload(), feed.shared.instance) {
            Some(Ring::Echo(nonce)) if expected == Some(nonce) => {
                expected = None;
                deadline = Instant::now() + ECHO_EVERY;
                *has_heard = true;
                gauge!(metric::FEED_POLLING).set(0.0);
                feed.shared.delivery.send_if_modified(|delivery| {
                    std::mem::replace(delivery, Delivery::Notify) != Delivery::Notify
                });
            }
            Some(Ring::Moved(moved)) => moved.iter().for_each(|run| hear(feed, run)),
            Some(Ring::Rescan) => feed.rescan().await?,
            Some(Ring::Echo(_)) | None => {}
        }
    }
}

/// Sends LISTEN while driving the connection.
async fn subscribe(client: &Client, messages: &mut Messages) -> Result<(), Deaf> {
    let listen = client.batch_execute(LISTEN.text);
    tokio::pin!(listen);
    loop {
        tokio::select! {
            done = &mut listen => return Ok(done.map_err(|e| DbError::of_query(LISTEN.name, e))?),
            message = messages.next() => if !matches!(message, Some(Ok(_))) { return Err(Deaf::Ended) },
        }
    }
}

fn hear(feed: &Feed, run: &doorbell::Moved) {
    if let Some(hub) = feed.hub(run.key) {
        let heads =
            Heads { run_key: run.key, seq: run.seq, log_seq: run.log_seq, status: RunStatus::Running };
        hub.learn(&feed.shared, heads);
    }
    if run.seq > 0 {
        feed.tell_changed(run.organization, run.key);
    }
}
