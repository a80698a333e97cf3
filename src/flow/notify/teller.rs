//! The teller: reads events in commit order and writes who is to be told what.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};
use tracing::warn;
use uuid::Uuid;

use super::super::Core;
use crate::facts::id::{OrganizationId, RunId};
use crate::facts::notification::{TOLD_BY, delivery_id, message, status_of};
use crate::facts::run::Run;
use crate::facts::status::RunStatus;
use crate::store::db::DbError;
use crate::store::duties;
use crate::store::journal::read::{self, Position};
use crate::store::notifications::{self, Audience, NewDelivery, Subscribed, Telling};
use crate::store::{clock, runs};

const DUTY: &str = "notifications";
/// Events looked at in one statement: their messages are in memory together.
const PAGE: u32 = 500;
/// Between two looks while commits come: what gathers meanwhile is told together.
const LOOK_PAUSE: Duration = Duration::from_millis(100);
/// A look without a commit heard of: other servers commit too, and a transaction may end long after it began.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How often the duty is asked for again; well within its lease.
const HOLD_EVERY: Duration = Duration::from_secs(5);
/// Where nobody wants to be told, or another server has the duty.
const REST: Duration = Duration::from_secs(3);

/// When a cursor is moved: each move is a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    WithNews,
    /// So that what tells nothing is not read for ever.
    Anyway,
}

pub(super) async fn run(core: Core) {
    let holder = Uuid::new_v4();
    let mut commits = core.feed.any_commit();
    let mut held: Option<Instant> = None;
    let mut reached = Reached::new();
    loop {
        commits.mark_unchanged();
        let looked = Instant::now();
        let is_fresh = held.is_some_and(|held| looked.duration_since(held) < HOLD_EVERY);
        let told = match is_fresh {
            true => look(&core, &mut reached, Move::WithNews).await,
            false => match duties::hold(&core.db, DUTY, holder).await {
                Ok(true) => {
                    held = Some(looked);
                    look(&core, &mut reached, Move::Anyway).await
                }
                Ok(false) => Ok(0),
                Err(error) => Err(error),
            },
        };
        let audiences = told.unwrap_or_else(|error| {
            held = None;
            warn!(%error, "events could not be looked at for notifications");
            0
        });
        if audiences == 0 {
            tokio::select! {
                () = core.notifier.changed.notified() => {}
                () = sleep(REST) => {}
            }
            continue;
        }
        tokio::select! {
            // A feed that is gone never ticks; the look after a while is what remains.
            () = async { if commits.changed().await.is_err() { std::future::pending::<()>().await } } => {
                sleep_until(looked + LOOK_PAUSE).await;
            }
            () = core.notifier.changed.notified() => {}
            () = sleep(LOOK_AGAIN) => {}
        }
    }
}

/// Looks at what is new for everybody who is told something; how many organizations those are.
async fn look(core: &Core, reached: &mut Reached, when: Move) -> Result<usize, DbError> {
    let audiences = notifications::audiences(&core.db).await?;
    let mut seen_to = i64::MAX;
    for audience in &audiences {
        // One page each, so that a busy organization makes none wait; the next look is soon.
        let told = tell(core, audience, reached, when).await?;
        if told.is_news {
            core.notifier.ready.notify_one();
        }
        seen_to = seen_to.min(told.seen_to);
    }
    if when == Move::Anyway {
        // Who is made this very moment is not overtaken.
        let seen_to = if audiences.is_empty() { 0 } else { seen_to };
        notifications::follow(&core.db, seen_to).await?;
    }
    Ok(audiences.len())
}

/// Where a cursor would stand if it had been moved over what tells nothing, and where it stands. Nothing is read twice while appends are many.
type Reached = HashMap<OrganizationId, (Option<Position>, Position)>;

/// What a look has come to.
struct Told {
    /// There is something to send.
    is_news: bool,
    /// Everything below this transaction was seen.
    seen_to: i64,
}

async fn tell(core: &Core, audience: &Audience, reached: &mut Reached, when: Move) -> Result<Told, DbError> {
    let organization = audience.organization;
    let start = match reached.get(&organization) {
        Some((cursor, position)) if *cursor == audience.cursor => start_of(audience).max(*position),
        _ => start_of(audience),
    };
    let (events, next) = notifications::read(&core.db, organization, start, PAGE, &TOLD_BY).await?;
    // A page that is full ends within a transaction.
    let seen_to = if next.pos == i32::MAX { next.xid + 1 } else { next.xid };
    if events.is_empty() && when == Move::WithNews {
        reached.insert(organization, (audience.cursor, next));
        return Ok(Told { is_news: false, seen_to });
    }
    let mut known: HashMap<RunId, Option<Run>> = HashMap::new();
    let mut deliveries = Vec::new();
    for event in &events {
        let Some(status) = status_of(event.kind) else { continue };
        if !audience.subscribed.iter().any(|who| wants(who, event, status, None)) {
            continue;
        }
        if !is_news(core, event, status).await? {
            continue;
        }
        if !known.contains_key(&event.run_id) {
            let state = runs::state(&core.db, organization, &event.run_id).await?;
            known.insert(event.run_id.clone(), state.map(|(_, run)| run));
        }
        let run = known.get(&event.run_id).and_then(Option::as_ref);
        let workflow = run.and_then(|run| run.head.workflow.as_deref()).unwrap_or_default();
        let to = audience.subscribed.iter().filter(|who| wants(who, event, status, Some(workflow)));
        deliveries.extend(to.map(|who| NewDelivery {
            delivery_id: delivery_id(who.notification_id, event.event_id),
            notification_id: who.notification_id,
            run_id: event.run_id.clone(),
            status,
            body: message(&event.run_id, run, status, event.seq, event.occurred_at),
        }));
    }
    let moved =
        notifications::enqueue(&core.db, organization, audience.cursor, next, &deliveries, clock::now())
            .await?;
    let seen_to = if moved { seen_to } else { start.xid };
    Ok(Told { is_news: moved && !deliveries.is_empty(), seen_to })
}

/// Where the look begins: nobody is told what was before all of them.
fn start_of(audience: &Audience) -> Position {
    let first = audience.subscribed.iter().map(|who| who.from_xid).min().unwrap_or(i64::MAX);
    let begin = Position { xid: (first - 1).max(0), pos: i32::MAX };
    audience.cursor.map_or(begin, |cursor| cursor.max(begin))
}

/// Whether somebody is told; `workflow` is `None` while it is not known yet.
fn wants(who: &Subscribed, event: &Telling, status: RunStatus, workflow: Option<&str>) -> bool {
    let of_workflow = match (&who.workflow, workflow) {
        (Some(wanted), Some(workflow)) => wanted == workflow,
        _ => true,
    };
    of_workflow && event.position.xid >= who.from_xid && who.statuses.contains(&status)
}

/// Whether the event has changed the status: the second question of a run that waits for an answer already has not, nor has a declaration that
/// is repeated.
async fn is_news(core: &Core, event: &Telling, status: RunStatus) -> Result<bool, DbError> {
    match status {
        RunStatus::AwaitingInput | RunStatus::Queued | RunStatus::Stale if event.seq > 1 => {
            let before = read::state_at(&core.db, event.run_key, event.seq - 1).await?;
            Ok(before.head.status != Some(status))
        }
        _ => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::event::EventType;
    use crate::facts::id::{EventId, RunKey};

    fn who(from_xid: i64, workflow: Option<&str>) -> Subscribed {
        let statuses = vec![RunStatus::Failed, RunStatus::Stale];
        Subscribed { notification_id: Uuid::nil(), statuses, workflow: workflow.map(str::to_owned), from_xid }
    }

    fn audience(cursor: Option<(i64, i32)>, from: &[i64]) -> Audience {
        Audience {
            organization: OrganizationId::DEFAULT,
            cursor: cursor.map(|(xid, pos)| Position { xid, pos }),
            subscribed: from.iter().map(|xid| who(*xid, None)).collect(),
        }
    }

    #[test]
    fn a_look_begins_behind_the_cursor_or_with_the_first_who_is_told() {
        let start = |cursor, from: &[i64]| {
            let start = start_of(&audience(cursor, from));
            (start.xid, start.pos)
        };
        assert_eq!(start(None, &[70, 50]), (49, i32::MAX));
        assert_eq!(start(Some((60, 3)), &[70, 50]), (60, 3));
        // Nobody was told for a while: what was meanwhile is nobody's.
        assert_eq!(start(Some((10, 3)), &[70]), (69, i32::MAX));
    }

    #[test]
    fn everybody_is_told_what_they_asked_for() {
        let event = Telling {
            position: Position { xid: 60, pos: 1 },
            seq: 9,
            kind: EventType::RunFailed,
            event_id: EventId(Uuid::nil()),
            occurred_at: clock::now(),
            run_key: RunKey(Uuid::nil()),
            run_id: "r".parse().unwrap(),
        };
        let wants =
            |from, wanted, status, workflow| super::wants(&who(from, wanted), &event, status, workflow);
        assert!(wants(60, None, RunStatus::Failed, Some("w")));
        assert!(!wants(61, None, RunStatus::Failed, Some("w")));
        assert!(!wants(60, None, RunStatus::Completed, Some("w")));
        assert!(
            wants(60, Some("w"), RunStatus::Failed, Some("w"))
                && wants(60, Some("w"), RunStatus::Failed, None)
        );
        assert!(!wants(60, Some("w"), RunStatus::Failed, Some("v")));
    }
}
