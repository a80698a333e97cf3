//! How the parts are, looked at every second and told at once when asked.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use tokio::task::JoinSet;

use crate::facts::id::RunKey;
use crate::flow::Core;
use crate::flow::feed::Delivery;
use crate::http::{Part, PartState, Readiness};
use crate::store::runs;

/// How old a readiness answer can be.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The last look, and a task that keeps taking it.
pub(super) fn watch(core: &Core, tasks: &mut JoinSet<()>) -> Arc<dyn Fn() -> Readiness + Send + Sync> {
    let last = Arc::new(RwLock::new(Readiness { parts: vec![part("database", PartState::Ok, None)] }));
    let (looked, core) = (last.clone(), core.clone());
    tasks.spawn(async move {
        loop {
            let readiness = look(&core).await;
            *looked.write() = readiness;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
    Arc::new(move || last.read().clone())
}

async fn look(core: &Core) -> Readiness {
    let nobody = RunKey(uuid::Uuid::nil());
    let database = match runs::heads(&core.db, &[nobody]).await {
        Ok(_) => part("database", PartState::Ok, None),
        Err(error) => part("database", PartState::Down, Some(error.to_string())),
    };
    let feed = match core.feed.delivery() {
        Delivery::Notify => part("feed", PartState::Ok, None),
        Delivery::Poll => {
            let reason = "notifications do not come through: events are delivered by poll";
            part("feed", PartState::Degraded, Some(reason.into()))
        }
    };
    let logs = part("log_shipping", PartState::Ok, None);
    Readiness { parts: vec![database, feed, logs] }
}

fn part(name: &str, state: PartState, reason: Option<String>) -> Part {
    Part { name: name.into(), state, reason }
}
