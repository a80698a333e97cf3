//! Compares the heads of the watched runs with the store's, always: slowly as a backstop, fast where it is the feed.

use std::time::Duration;

use metrics::counter;
use tracing::debug;
use uuid::Uuid;

use super::{Delivery, Feed};
use crate::facts::id::{OrganizationId, RunKey};
use crate::facts::metric;
use crate::store::db::{DbError, Query, query};
use crate::store::runs::{self, Heads};

const CHANGED_SINCE: Query = query!("feed/changed_since"; INT8);

/// Beside working notifications: what they lose is found within this time.
const BACKSTOP_EVERY: Duration = Duration::from_millis(1_500);
/// Where the poll is the feed.
const POLL_EVERY: Duration = Duration::from_millis(50);
/// A head that is new to us may be on its way through memory or the bell: only what is still missing after this was lost.
const GRACE: Duration = Duration::from_millis(100);
/// Watched runs asked about in one query.
pub(super) const KEYS_PER_QUERY: usize = 1_000;

/// Watches until the task is aborted.
pub(super) async fn run(feed: Feed) {
    let mut delivery = feed.shared.delivery.subscribe();
    let mut list_seen_to: Option<i64> = None;
    loop {
        let mode = *delivery.borrow_and_update();
        let pause = if mode == Delivery::Notify { BACKSTOP_EVERY } else { POLL_EVERY };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = delivery.changed() => {}
        }
        let looked = match mode {
            Delivery::Notify => {
                list_seen_to = None;
                look(&feed, true).await
            }
            Delivery::Poll => match look(&feed, false).await {
                Ok(()) => tell_changes(&feed, &mut list_seen_to).await,
                failed => failed,
            },
        };
        if let Err(error) = looked {
            debug!(%error, "the watchdog could not look");
        }
    }
}

/// Finds watched runs whose hubs are behind the store, counts what they lack, and tells them.
async fn look(feed: &Feed, with_grace: bool) -> Result<(), DbError> {
    let keys = feed.watched();
    for chunk in keys.chunks(KEYS_PER_QUERY) {
        let behind: Vec<Heads> =
            runs::heads(&feed.shared.db, chunk).await?.into_iter().filter(|h| lacks(feed, h) > 0).collect();
        if behind.is_empty() {
            continue;
        }
        if with_grace {
            tokio::time::sleep(GRACE).await;
        }
        for heads in behind {
            let Some(hub) = feed.hub(heads.run_key) else { continue };
            let (events, lines) = hub.lacks(&heads);
            if events + lines > 0 {
                counter!(metric::FEED_BACKSTOP_EVENTS_TOTAL).increment(events);
                hub.learn(&feed.shared, heads);
            }
        }
    }
    Ok(())
}

fn lacks(feed: &Feed, heads: &Heads) -> u64 {
    feed.hub(heads.run_key).map_or(0, |hub| {
        let (events, lines) = hub.lacks(heads);
        events + lines
    })
}

/// Where no bell is heard: which runs other instances have written since the last look.
async fn tell_changes(feed: &Feed, seen_to: &mut Option<i64>) -> Result<(), DbError> {
    if feed.shared.changed.receiver_count() == 0 && feed.shared.any_commit.receiver_count() == 0 {
        *seen_to = None;
        return Ok(());
    }
    let since = seen_to.unwrap_or(i64::MAX);
    let rows = feed.shared.db.get().await?.query(&CHANGED_SINCE, &[&since]).await?;
    for row in rows {
        let shape = |e: tokio_postgres::Error| DbError::Shape(e.to_string());
        *seen_to = Some(row.try_get(2).map_err(shape)?);
        let organization = row.try_get::<_, Option<Uuid>>(0).map_err(shape)?;
        let key = row.try_get::<_, Option<Uuid>>(1).map_err(shape)?;
        if let (Some(organization), Some(key)) = (organization, key) {
            feed.tell_changed(OrganizationId(organization), RunKey(key));
        }
    }
    Ok(())
}
