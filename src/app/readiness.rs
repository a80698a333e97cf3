//! How the parts are, told at once when asked.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use tokio::task::JoinSet;

use crate::facts::id::RunKey;
use crate::flow::Core;
use crate::flow::feed::Delivery;
use crate::http::{Part, PartState, Readiness};
use crate::store::db::Db;
use crate::store::runs;

/// How old the answer about the database can be.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Keeps looking at what takes a round trip; what this process knows by itself is told as of the question.
pub(super) fn watch(core: &Core, tasks: &mut JoinSet<()>) -> Arc<dyn Fn() -> Readiness + Send + Sync> {
    let database = Arc::new(RwLock::new(part("database", PartState::Ok, None)));
    let (looked, db) = (database.clone(), core.db.clone());
    tasks.spawn(async move {
        loop {
            let part = look(&db).await;
            *looked.write() = part;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
    let feed = core.feed.clone();
    Arc::new(move || {
        let log_shipping = part("log_shipping", PartState::Ok, None);
        Readiness { parts: vec![database.read().clone(), feed_part(feed.delivery()), log_shipping] }
    })
}

async fn look(db: &Db) -> Part {
    let nobody = RunKey(uuid::Uuid::nil());
    match runs::heads(db, &[nobody]).await {
        Ok(_) => part("database", PartState::Ok, None),
        Err(error) => part("database", PartState::Down, Some(error.to_string())),
    }
}

fn feed_part(delivery: Delivery) -> Part {
    match delivery {
        Delivery::Notify => part("feed", PartState::Ok, None),
        Delivery::Poll => {
            let reason = "notifications do not come through: events are delivered by poll";
            part("feed", PartState::Degraded, Some(reason.into()))
        }
    }
}

fn part(name: &str, state: PartState, reason: Option<String>) -> Part {
    Part { name: name.into(), state, reason }
}
