//! The subscriptions of one multiplexed socket, each waiting for its next frame.
//!
//! A subscription is owned by the future that waits for its frame, and comes back with it: so all of them wait at
//! once, none is polled without need, and dropping a future ends its subscription.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::future::{AbortHandle, Abortable, BoxFuture, abortable};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};

use super::app::SharedApp;
use super::caller::Caller;
use super::gate;
use super::problem::Problem;
use crate::facts::id::RunId;
use crate::flow::feed::{Frame, Subscription, SubscriptionOptions};
use crate::store::runs;

/// Subscriptions of one socket: a page shows some dozens, and each costs a place in a hub.
pub const SUBSCRIPTIONS_MAX: usize = 1_000;

/// What one subscription brought.
pub enum Turn {
    Frame(Place, Subscription, Frame),
    /// After `end`, or nothing more to come.
    Ended(RunId),
    Refused(RunId, Problem),
}

/// A subscription's name on its socket.
#[derive(Debug, Clone)]
pub struct Place {
    pub run_id: RunId,
    /// `{"runId":"…",`: what a frame begins with instead of its own brace.
    pub prefix: Bytes,
}

/// The waiting subscriptions.
#[derive(Default)]
pub struct Turns {
    waiting: FuturesUnordered<Abortable<BoxFuture<'static, Turn>>>,
    handles: HashMap<RunId, AbortHandle>,
}

impl Turns {
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Begins a subscription; one to the same run ends. `false`: there are too many.
    pub fn subscribe(
        &mut self,
        app: SharedApp,
        caller: Caller,
        run_id: RunId,
        options: SubscriptionOptions,
    ) -> bool {
        if self.handles.len() >= SUBSCRIPTIONS_MAX && !self.handles.contains_key(&run_id) {
            return false;
        }
        self.unsubscribe(&run_id);
        let prefix = Bytes::from(format!("{{\"runId\":\"{run_id}\","));
        let place = Place { run_id, prefix };
        let name = place.run_id.clone();
        self.wait(name, open(app, caller, place, options).boxed());
        true
    }

    /// `false`: there was none.
    pub fn unsubscribe(&mut self, run_id: &RunId) -> bool {
        match self.handles.remove(run_id) {
            Some(handle) => {
                handle.abort();
                true
            }
            None => false,
        }
    }

    /// Takes a subscription back after its frame was written.
    pub fn go_on(&mut self, place: Place, subscription: Subscription) {
        let name = place.run_id.clone();
        self.wait(name, turn(place, subscription).boxed());
    }

    fn wait(&mut self, run_id: RunId, future: BoxFuture<'static, Turn>) {
        let (future, handle) = abortable(future);
        self.handles.insert(run_id, handle);
        self.waiting.push(future);
    }

    /// The next turn; only to be asked while not empty. Safe to cancel.
    pub async fn next(&mut self) -> Option<Turn> {
        match self.waiting.next().await {
            Some(Ok(turn)) => {
                if let Turn::Ended(run_id) | Turn::Refused(run_id, _) = &turn {
                    self.handles.remove(run_id);
                }
                Some(turn)
            }
            // Unsubscribed, or empty.
            Some(Err(_)) | None => None,
        }
    }
}

async fn open(app: SharedApp, caller: Caller, place: Place, options: SubscriptionOptions) -> Turn {
    let organization = caller.organization;
    let subscribed = async {
        gate::check_run(&app.core.db, &caller, place.run_id.as_str()).await?;
        let row =
            runs::find(&app.core.db, organization, &place.run_id).await?.ok_or_else(Problem::no_such_run)?;
        Ok(app.core.feed.subscribe(organization, place.run_id.clone(), row, options).await?)
    };
    match subscribed.await {
        Ok(subscription) => turn(place, subscription).await,
        Err(problem) => Turn::Refused(place.run_id, problem),
    }
}

async fn turn(place: Place, mut subscription: Subscription) -> Turn {
    match subscription.next_frame().await {
        Ok(Some(frame)) => Turn::Frame(place, subscription, frame),
        Ok(None) => Turn::Ended(place.run_id),
        Err(error) => Turn::Refused(place.run_id, error.into()),
    }
}
