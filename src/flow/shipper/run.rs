//! The shipper's loop: one round is pushed while the next is prepared and the one before is concluded.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tracing::warn;
use uuid::Uuid;

use super::health::Shipping;
use super::pace::Pace;
use super::prepare::{self, Parcel, Round};
use super::push::{self, Fate, Leave, Trouble};
use super::spool::{self, Spool};
use super::verdict::{is_to_blame, settle_at};
use super::{Shop, duty, settle};
use crate::facts::id::RunKey;
use crate::facts::settings::LokiSettings;
use crate::store::clock;
use crate::store::db::{Db, DbError};
use crate::store::logs::ship::{self, Concluded};
use crate::store::logs::{CutSegment, cut_whole};
use crate::store::loki::{Failure, Loki};

/// Without a wake, what another server wrote is found this soon.
const RESCAN: Duration = Duration::from_secs(3);
/// Between two looks at a database that did not answer.
const DB_PAUSE: Duration = Duration::from_secs(1);
/// How long a run that Loki refuses is left alone, from the first time to the longest.
const HOLD_FIRST: Duration = Duration::from_secs(5);
const HOLD_LONGEST: Duration = Duration::from_secs(300);
/// Segments of one run that are given new times in one go: more than two rounds hold.
const RETIME_MAX: i64 = 1_000;
/// How long the end of the server waits for a push under way, and what was pushed to be noted.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// A running shipper.
#[derive(Debug)]
pub struct Shipper {
    pub health: Shipping,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Shipper {
    /// Lets what is under way come to its end, within a limit: what is cut off is repeated by the next one.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let mut task = self.task;
        if tokio::time::timeout(STOP_LIMIT, &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// Starts shipping to `loki`. `wake` is notified when there are new lines.
#[must_use]
pub fn start(db: Db, loki: Loki, settings: LokiSettings, spool: Spool, wake: Arc<Notify>) -> Shipper {
    let health = Shipping::default();
    let shop = Shop { db, loki, settings, health: health.clone() };
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(run(shop, spool, wake, stopped));
    Shipper { health, stop, task }
}

async fn run(shop: Shop, spool: Spool, wake: Arc<Notify>, stop: watch::Receiver<bool>) {
    let holder = Uuid::new_v4();
    let (ours, is_ours) = watch::channel(false);
    let leave = Leave { stop, is_ours };
    // Ended with this task, however it ends.
    let mut helpers = tokio::task::JoinSet::new();
    helpers.spawn(duty::keep(shop.db.clone(), holder, ours));
    helpers.spawn(settle::run(shop.clone(), leave.clone()));
    helpers.spawn(spool::watch(shop.db.clone(), spool));
    ship_all(&shop, &wake, leave).await;
    helpers.shutdown().await;
    duty::release(&shop.db, holder).await;
}

/// What the loop remembers between rounds.
struct Memory {
    /// Runs that are left alone, until when and for the how many'th time.
    held: HashMap<RunKey, Hold>,
    /// Whether segments may be cut that are in no round.
    left_over: bool,
}

struct Hold {
    since: Instant,
    until: Instant,
    times: u32,
    /// Whether its time was over and its segments were taken up again.
    is_over: bool,
}

async fn ship_all(shop: &Shop, wake: &Notify, mut leave: Leave) {
    let pace = Pace::new(shop.settings.rate);
    let mut memory = Memory { held: HashMap::new(), left_over: true };
    let mut next = Round::default();
    let mut done: Vec<Concluded> = Vec::new();
    while !*leave.stop.borrow() {
        if !*leave.is_ours.borrow() {
            // Whoever has it goes on from the rows; so does this server when it has it again.
            (memory.left_over, next, done) = (true, Round::default(), Vec::new());
            leave.until_ours().await;
            continue;
        }
        let except = memory.still_held();
        if memory.left_over {
            conclude(shop, &mut memory, std::mem::take(&mut done)).await;
            match prepare::left_over(shop, &except).await {
                Ok(round) => {
                    memory.left_over = round.is_full;
                    next = round;
                }
                Err(error) => pause_for_db(&mut leave, &error).await,
            }
        }
        let is_left_over = memory.left_over;
        let prepare = async {
            // Left-overs first: they are what a run's later lines come after.
            if is_left_over { Ok(Round::default()) } else { prepare::fresh(shop, &except).await }
        };
        let concluded = std::mem::take(&mut done);
        let (fates, prepared, ()) = tokio::join!(
            push::push(shop, std::mem::take(&mut next), &pace, &leave),
            prepare,
            conclude(shop, &mut memory, concluded),
        );
        let was_busy = !fates.is_empty();
        let retime;
        (done, retime) = memory.settle(shop, fates);
        if !retime.is_empty() {
            // What was pushed of these runs is noted first: it keeps its times.
            conclude(shop, &mut memory, std::mem::take(&mut done)).await;
            for segment in retime {
                if let Err(error) = give_new_times(shop, &segment).await {
                    warn!(%error, "lines could not be given new times");
                }
            }
        }
        match prepared {
            Ok(_) if memory.left_over => {}
            Ok(round) => next = round,
            Err(error) => {
                // Perhaps it was cut all the same.
                memory.left_over = true;
                pause_for_db(&mut leave, &error).await;
            }
        }
        if next.parcels.is_empty() && !memory.left_over {
            conclude(shop, &mut memory, std::mem::take(&mut done)).await;
            idle(&mut leave, wake, was_busy || next.is_pending).await;
        }
    }
    conclude(shop, &mut memory, done).await;
}

/// Waits for lines, and then a moment for more of them.
async fn idle(leave: &mut Leave, wake: &Notify, was_busy: bool) {
    if !was_busy {
        let woken = tokio::time::timeout(RESCAN, wake.notified());
        let stopped = leave.stop.wait_for(|stop| *stop);
        tokio::select! {
            _ = woken => {}
            _ = stopped => return,
        }
    }
    leave.pause(prepare::LINGER / 4).await;
}

async fn pause_for_db(leave: &mut Leave, error: &DbError) {
    warn!(%error, "log lines for Loki could not be read or noted");
    leave.pause(DB_PAUSE).await;
}

/// Notes what became of a round. What can't be noted is pushed again.
async fn conclude(shop: &Shop, memory: &mut Memory, done: Vec<Concluded>) {
    if done.is_empty() {
        return;
    }
    if let Err(error) = ship::conclude(&shop.db, &done).await {
        warn!(%error, "pushes could not be noted; they are repeated");
        memory.left_over = true;
    }
}

impl Memory {
    /// The runs to leave alone; those whose time is over have left-overs.
    fn still_held(&mut self) -> Vec<RunKey> {
        let now = Instant::now();
        for hold in self.held.values_mut().filter(|hold| hold.until <= now && !hold.is_over) {
            hold.is_over = true;
            self.left_over = true;
        }
        // A run that is gone leaves nothing behind.
        self.held.retain(|_, hold| now.duration_since(hold.until) < HOLD_LONGEST);
        self.held.iter().filter(|(_, hold)| !hold.is_over).map(|(key, _)| *key).collect()
    }

    /// What is to be noted of a round, and the segments from which on a run needs new times; other runs in trouble are held.
    fn settle(&mut self, shop: &Shop, fates: Vec<(Parcel, Fate)>) -> (Vec<Concluded>, Vec<CutSegment>) {
        let now = clock::now();
        let mut done = Vec::new();
        let mut retime: Vec<CutSegment> = Vec::new();
        let mut reason = None;
        for (parcel, fate) in fates {
            let segment = parcel.segment;
            let (run_key, first, cut_at) = (segment.run.run_key, segment.first, segment.cut_at);
            let outcome = match fate {
                Fate::Pushed => {
                    self.held.remove(&run_key);
                    Ok(settle_at(segment.first_ns, segment.last_ns, now, shop.settings.grace))
                }
                Fate::Aside(reason) => {
                    self.held.remove(&run_key);
                    Err(reason)
                }
                Fate::Left(trouble) => {
                    self.left_over = true;
                    match trouble {
                        None => continue,
                        Some(Trouble::Retime) => {
                            retime.push(segment);
                            continue;
                        }
                        Some(Trouble::Hold(failure, detail)) => {
                            let said = format!("{failure}: {detail}");
                            if !self.hold(shop, run_key, failure) {
                                reason = Some(said);
                                continue;
                            }
                            self.held.remove(&run_key);
                            Err(said)
                        }
                    }
                }
            };
            if let Err(reason) = &outcome {
                warn!(run = %segment.run.run_id, first, reason, "lines stay out of Loki");
                shop.health.set_aside(1);
            }
            done.push(Concluded { run_key, first, cut_at, outcome });
        }
        shop.health.held(self.held.len(), reason.as_deref());
        (done, retime)
    }

    /// Holds a run; whether it has been held often enough to be called wrong.
    fn hold(&mut self, shop: &Shop, run: RunKey, failure: Failure) -> bool {
        let now = Instant::now();
        let first = Hold { since: now, until: now, times: 0, is_over: false };
        let hold = self.held.entry(run).or_insert(first);
        hold.times += 1;
        hold.is_over = false;
        hold.until = now + HOLD_FIRST.saturating_mul(1 << (hold.times - 1).min(10)).min(HOLD_LONGEST);
        is_to_blame(failure, hold.times, shop.health.has_pushed_since(hold.since))
    }
}

/// Gives `segment` and the cut ones behind it in its run new times, from now on.
async fn give_new_times(shop: &Shop, segment: &CutSegment) -> Result<(), DbError> {
    let cut_at = clock::now();
    let mut floor_ns = cut_at.as_micros().saturating_mul(1_000);
    let cut = ship::still_cut(&shop.db, &[], Some(segment.run.run_key), RETIME_MAX).await?;
    let (mut again, mut before) = (Vec::new(), Vec::new());
    for row in cut.into_iter().filter(|row| row.first >= segment.first) {
        let chunks = ship::segment_chunks(&shop.db, std::slice::from_ref(&row)).await?;
        let chunks = chunks.into_iter().next().unwrap_or_default();
        let retimed = cut_whole(&row.run, &chunks, floor_ns.max(row.floor_ns), cut_at)?;
        let Some(mut retimed) = retimed else { continue };
        retimed.body = Vec::new();
        floor_ns = retimed.last_ns.saturating_add(1);
        before.push(row.cut_at);
        again.push(retimed);
    }
    ship::recut(&shop.db, &again, &before).await
}
