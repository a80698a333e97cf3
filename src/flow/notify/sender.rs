//! The sender: takes deliveries whose time has come, sends them and notes what became of each.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{info, warn};
use uuid::Uuid;

use super::super::Core;
use super::outbound::{Answer, Call};
use super::plans::purpose;
use crate::facts::notification::{GIVEN_UP_AFTER, TRIES_MAX, next_pause};
use crate::facts::signature;
use crate::facts::time::Timestamp;
use crate::store::clock;
use crate::store::db::DbError;
use crate::store::deliveries::{self, Claimed, DeliveryState, Outcome};

/// Without a wake, what another server's teller wrote, or what is to be tried again, is found this soon.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Messages that one receiver gets at a time, so that a slow one holds up only itself …
const EACH: u32 = 4;
/// … and receivers that are spoken to at a time.
const RECEIVERS_MAX: usize = 32;
/// A delivery that is being sent is taken again after this long: its sender died. Longer than a call lasts.
const CLAIMED_FOR: Duration = Duration::from_secs(60);
/// How long deliveries that are over can be looked at …
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);
/// … and how many are forgotten in one statement.
const FORGOTTEN_AT_ONCE: u32 = 5_000;
/// What a receiver says that will never take anything any more.
const GONE: u16 = 410;

pub(super) async fn run(core: Core) {
    // Messages on their way, by their receiver; aborted with this task.
    let mut sending: JoinSet<Uuid> = JoinSet::new();
    let mut busy: HashMap<Uuid, usize> = HashMap::new();
    let mut forget_at = Instant::now();
    loop {
        let looked = Instant::now();
        if looked >= forget_at {
            forget_at = looked + FORGET_EVERY;
            forget(&core).await;
        }
        if busy.len() < RECEIVERS_MAX {
            match take(&core, &busy).await {
                Ok(taken) => {
                    for claimed in taken {
                        *busy.entry(claimed.notification_id).or_default() += 1;
                        sending.spawn(send(core.clone(), claimed));
                    }
                }
                Err(error) => warn!(%error, "deliveries could not be looked for"),
            }
        }
        tokio::select! {
            () = sleep_until(looked + LOOK_EVERY) => {}
            () = core.notifier.ready.notified() => {}
            Some(sent) = sending.join_next() => settle(&mut busy, sent.ok()),
        }
        while let Some(sent) = sending.try_join_next() {
            settle(&mut busy, sent.ok());
        }
    }
}

/// One message less on its way. A task that panicked leaves its receiver busy until the next start: it is a defect.
fn settle(busy: &mut HashMap<Uuid, usize>, receiver: Option<Uuid>) {
    let Some(receiver) = receiver else { return };
    if let Some(count) = busy.get_mut(&receiver) {
        *count -= 1;
        if *count == 0 {
            busy.remove(&receiver);
        }
    }
}

async fn take(core: &Core, busy: &HashMap<Uuid, usize>) -> Result<Vec<Claimed>, DbError> {
    let now = clock::now();
    let receivers: Vec<Uuid> = busy.keys().copied().collect();
    let room = u32::try_from(RECEIVERS_MAX - busy.len()).unwrap_or(1) * EACH;
    deliveries::claim(&core.db, &receivers, EACH, room, now, later(now, CLAIMED_FOR)).await
}

fn later(now: Timestamp, pause: Duration) -> Timestamp {
    let micros = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.as_micros().saturating_add(micros)).unwrap_or(now)
}

async fn forget(core: &Core) {
    let before = clock::now().as_micros() - i64::try_from(KEPT_FOR.as_micros()).unwrap_or(i64::MAX);
    let before = Timestamp::from_micros(before).unwrap_or(Timestamp::EPOCH);
    if let Err(error) = deliveries::forget(&core.db, before, FORGOTTEN_AT_ONCE).await {
        warn!(%error, "old deliveries could not be forgotten");
    }
}

/// Sends one message and notes the outcome; gives back its receiver.
async fn send(core: Core, claimed: Claimed) -> Uuid {
    let answer = call(&core, &claimed).await;
    let (now, spread) = (clock::now(), f64::from(claimed.delivery_id.as_bytes()[0]) / 255.0);
    let tries = claimed.attempts.unsigned_abs();
    let outcome = outcome(&answer, tries, now, spread);
    if let Err(error) = conclude(&core, &claimed, &answer, &outcome, now).await {
        // It is sent again once its claim has lapsed.
        warn!(delivery = %claimed.delivery_id, %error, "a delivery's outcome could not be noted");
        sleep(LOOK_EVERY).await;
    }
    claimed.notification_id
}

async fn call(core: &Core, claimed: &Claimed) -> Answer {
    let purpose = purpose(claimed.notification_id);
    let Some(secret) = core.vault.open_own(claimed.organization, &purpose, &claimed.sealed_secret) else {
        return Answer::Failed(
            "its secret was sealed with another key; make it anew, or give the server that key".into(),
        );
    };
    let (id, at) = (claimed.delivery_id.to_string(), clock::now().as_micros() / 1_000_000);
    let signature = signature::sign(&secret, &id, at, claimed.body.as_bytes());
    let headers =
        [("webhook-id", id), ("webhook-timestamp", at.to_string()), ("webhook-signature", signature)];
    let call = Call { url: &claimed.url, headers, body: claimed.body.clone().into() };
    core.notifier.outbound.call(call).await
}

async fn conclude(
    core: &Core,
    claimed: &Claimed,
    answer: &Answer,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<(), DbError> {
    if !deliveries::conclude(&core.db, claimed, outcome).await? {
        return Ok(());
    }
    let receiver = claimed.notification_id;
    if matches!(answer, Answer::Taken(_)) {
        return deliveries::went_well(&core.db, receiver).await;
    }
    let too_long = now.as_micros() - i64::try_from(GIVEN_UP_AFTER.as_micros()).unwrap_or(i64::MAX);
    let too_long = Timestamp::from_micros(too_long).unwrap_or(Timestamp::EPOCH);
    let is_gone = matches!(answer, Answer::Refused(GONE, _));
    if deliveries::went_wrong(&core.db, receiver, now, too_long, is_gone).await? {
        info!(notification = %receiver, "a notification was disabled: its receiver takes nothing");
    }
    Ok(())
}

/// What a try's answer means for the delivery.
fn outcome(answer: &Answer, tries: u32, now: Timestamp, spread: f64) -> Outcome {
    let (response_status, error, asked) = match answer {
        Answer::Taken(status) => {
            return Outcome {
                state: DeliveryState::Delivered,
                next_attempt_at: None,
                response_status: Some(i32::from(*status)),
                error: None,
            };
        }
        Answer::Refused(status, asked) => {
            let said = match status {
                300..400 => format!("the receiver answered {status}, and redirects are not followed"),
                _ => format!("the receiver answered {status}"),
            };
            (Some(i32::from(*status)), said, *asked)
        }
        Answer::Failed(said) => (None, said.clone(), None),
    };
    let pause =
        next_pause(tries, spread).filter(|_| tries < TRIES_MAX && response_status != Some(GONE.into()));
    let next_attempt_at = pause.map(|pause| later(now, pause.max(asked.unwrap_or_default())));
    let state = if next_attempt_at.is_some() { DeliveryState::Waiting } else { DeliveryState::Failed };
    Outcome { state, next_attempt_at, response_status, error: Some(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_decides_on_the_next_try() {
        let now = Timestamp::EPOCH;
        let of = |answer: &Answer, tries| {
            let outcome = outcome(answer, tries, now, 0.0);
            (outcome.state, outcome.next_attempt_at.map(|at| at.as_micros() / 1_000_000))
        };
        assert_eq!(of(&Answer::Taken(204), 1), (DeliveryState::Delivered, None));
        assert_eq!(of(&Answer::Refused(500, None), 1), (DeliveryState::Waiting, Some(5)));
        assert_eq!(of(&Answer::Refused(302, None), 2), (DeliveryState::Waiting, Some(60)));
        assert_eq!(
            of(&Answer::Refused(429, Some(Duration::from_secs(90))), 1),
            (DeliveryState::Waiting, Some(90))
        );
        assert_eq!(of(&Answer::Failed("x".into()), TRIES_MAX), (DeliveryState::Failed, None));
        assert_eq!(of(&Answer::Refused(410, None), 1), (DeliveryState::Failed, None));
    }
}
