//! How the parts are, looked at when asked.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::facts::id::RunKey;
use crate::flow::Core;
use crate::flow::feed::Delivery;
use crate::flow::shipper::{Shipping, Spool};
use crate::http::{Part, PartState, Readiness};
use crate::runner::docker;
use crate::store::db::Db;
use crate::store::objects::Objects;
use crate::store::runs;

/// A daemon that takes longer starts no containers either.
const DOCKER_LIMIT: Duration = Duration::from_millis(500);
/// A database that takes longer for the smallest query does not serve anybody.
const LOOK_LIMIT: Duration = Duration::from_secs(2);

/// What `/readyz` calls.
pub(super) fn look_at(
    core: &Core,
    shipping: Option<Shipping>,
    needs_docker: bool,
) -> Arc<dyn Fn() -> BoxFuture<'static, Readiness> + Send + Sync> {
    let core = core.clone();
    Arc::new(move || {
        let (core, shipping) = (core.clone(), shipping.clone());
        async move {
            let log_shipping = log_shipping(shipping.as_ref(), &core.spool);
            let feed = feed(core.feed.delivery());
            let (database, artifacts, docker) =
                tokio::join!(database(&core.db), artifacts(&core.objects), docker(needs_docker));
            Readiness { parts: vec![database, feed, log_shipping, artifacts, docker] }
        }
        .boxed()
    })
}

async fn database(db: &Db) -> Part {
    let nobody = [RunKey(uuid::Uuid::nil())];
    let down = |reason| part("database", PartState::Down, Some(reason));
    match tokio::time::timeout(LOOK_LIMIT, runs::heads(db, &nobody)).await {
        Ok(Ok(_)) => part("database", PartState::Ok, None),
        Ok(Err(error)) => down(error.to_string()),
        Err(_) => down(format!("no answer within {} s", LOOK_LIMIT.as_secs())),
    }
}

fn feed(delivery: Delivery) -> Part {
    match delivery {
        Delivery::Notify => part("feed", PartState::Ok, None),
        Delivery::Poll => {
            let reason = "notifications do not come through: events are delivered by poll";
            part("feed", PartState::Degraded, Some(reason.into()))
        }
    }
}

/// Never down: appends, the feed and what is in the database go on without a Loki.
fn log_shipping(shipping: Option<&Shipping>, spool: &Spool) -> Part {
    let mut reasons = shipping.map(|shipping| shipping.report().reasons).unwrap_or_default();
    reasons.extend(spool.warning());
    match reasons.as_slice() {
        [] => part("log_shipping", PartState::Ok, None),
        _ => part("log_shipping", PartState::Degraded, Some(reasons.join("; "))),
    }
}

/// Never down: appends and reads go on without artifacts.
async fn artifacts(objects: &Objects) -> Part {
    match objects.check().await {
        Ok(()) => part("artifacts", PartState::Ok, None),
        Err(reason) => part("artifacts", PartState::Degraded, Some(reason)),
    }
}

/// Never down: runs with containers wait, or other machines' workers take them.
async fn docker(is_needed: bool) -> Part {
    if !is_needed {
        return part("docker", PartState::Ok, None);
    }
    match tokio::time::timeout(DOCKER_LIMIT, docker::connect()).await {
        Ok(Ok(_)) => part("docker", PartState::Ok, None),
        Ok(Err(error)) => part("docker", PartState::Degraded, Some(error.reason)),
        Err(_) => part("docker", PartState::Degraded, Some("no answer in time".into())),
    }
}

fn part(name: &str, state: PartState, reason: Option<String>) -> Part {
    Part { name: name.into(), state, reason }
}
