//! Pushes a round: lanes at the same time, each with whole runs, in order; several segments to a push.

use std::collections::HashSet;
use std::time::Instant;

use futures_util::future::join_all;
use metrics::histogram;
use tokio::sync::watch;

use super::Shop;
use super::backoff;
use super::pace::Pace;
use super::prepare::{Parcel, Round};
use super::settle;
use super::verdict::{Verdict, judge};
use crate::facts::id::RunKey;
use crate::facts::metric;
use crate::store::loki::{Failure, LokiError, PushBody};

/// Pushes under way at a time: enough to keep a Loki busy while answers travel, few enough not to crowd it.
const LANES: usize = 4;
/// A push is full from this size on, before compression: the size at which Loki's own clients send.
const PUSH_BYTES: usize = 1024 * 1024;

/// What became of a parcel.
#[derive(Debug)]
pub(super) enum Fate {
    Pushed,
    /// Loki will never take it.
    Aside(String),
    /// It stays cut; the run's later ones do as well.
    Left(Option<Trouble>),
}

/// Why a run's parcels stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Its lines need new times.
    Retime,
    Hold(Failure, String),
}

/// Tells when to stop: at the server's end, or when the duty is lost.
#[derive(Debug, Clone)]
pub(super) struct Leave {
    pub stop: watch::Receiver<bool>,
    pub is_ours: watch::Receiver<bool>,
}

impl Leave {
    pub fn is_due(&self) -> bool {
        *self.stop.borrow() || !*self.is_ours.borrow()
    }

    /// Waits until the duty is ours, or it is time to stop.
    pub async fn until_ours(&mut self) {
        tokio::select! {
            _ = self.is_ours.wait_for(|is_ours| *is_ours) => {}
            _ = self.stop.wait_for(|stop| *stop) => {}
        }
    }

    /// Waits, but not beyond the server's end.
    pub async fn pause(&mut self, pause: std::time::Duration) {
        let stopped = self.stop.wait_for(|stop| *stop);
        drop(tokio::time::timeout(pause, stopped).await);
    }
}

/// Pushes all parcels until each has its fate; Loki being away is waited for.
pub(super) async fn push(shop: &Shop, round: Round, pace: &Pace, leave: &Leave) -> Vec<(Parcel, Fate)> {
    let lanes = deal(round.parcels).into_iter().map(|parcels| lane(shop, parcels, pace, leave.clone()));
    join_all(lanes).await.into_iter().flatten().collect()
}

/// Deals parcels to lanes, each run to the lane that has least.
fn deal(parcels: Vec<Parcel>) -> Vec<Vec<Parcel>> {
    let mut lanes: Vec<(usize, Vec<Parcel>)> = (0..LANES).map(|_| (0, Vec::new())).collect();
    let mut last: Option<(RunKey, usize)> = None;
    for parcel in parcels {
        let key = parcel.segment.run.run_key;
        let place = match last {
            Some((run, place)) if run == key => place,
            _ => (0..LANES).min_by_key(|place| lanes[*place].0).unwrap_or(0),
        };
        last = Some((key, place));
        lanes[place].0 += parcel.segment.body.len();
        lanes[place].1.push(parcel);
    }
    lanes.into_iter().map(|(_, parcels)| parcels).filter(|parcels| !parcels.is_empty()).collect()
}

async fn lane(shop: &Shop, parcels: Vec<Parcel>, pace: &Pace, mut leave: Leave) -> Vec<(Parcel, Fate)> {
    let mut fates = Vec::with_capacity(parcels.len());
    let mut in_trouble: HashSet<RunKey> = HashSet::new();
    let mut waiting = parcels.into_iter().peekable();
    while waiting.peek().is_some() {
        let mut batch: Vec<Parcel> = Vec::new();
        let mut bytes = 0;
        while bytes < PUSH_BYTES
            && let Some(parcel) =
                waiting.next_if(|next| bytes == 0 || bytes + next.segment.body.len() <= PUSH_BYTES)
        {
            if in_trouble.contains(&parcel.segment.run.run_key) {
                fates.push((parcel, Fate::Left(None)));
                continue;
            }
            bytes += parcel.segment.body.len();
            batch.push(parcel);
        }
        if batch.is_empty() {
            continue;
        }
        for (parcel, fate) in together(shop, batch, pace, &mut leave).await {
            if matches!(fate, Fate::Left(_)) {
                in_trouble.insert(parcel.segment.run.run_key);
            }
            fates.push((parcel, fate));
        }
    }
    fates
}

/// Pushes a batch in one, or where something in it is wrong its parcels one by one.
async fn together(shop: &Shop, batch: Vec<Parcel>, pace: &Pace, leave: &mut Leave) -> Vec<(Parcel, Fate)> {
    let error = match until_judged(shop, &batch, pace, leave).await {
        Ok(is_taken) => {
            let fate = || if is_taken { Fate::Pushed } else { Fate::Left(None) };
            return batch.into_iter().map(|parcel| (parcel, fate())).collect();
        }
        Err(error) => error,
    };
    if batch.len() == 1 {
        let mut fates = Vec::new();
        for parcel in batch {
            let fate = alone(shop, &parcel, &error).await;
            fates.push((parcel, fate));
        }
        return fates;
    }
    let mut fates: Vec<(Parcel, Fate)> = Vec::with_capacity(batch.len());
    let mut in_trouble: HashSet<RunKey> = HashSet::new();
    for parcel in batch {
        let key = parcel.segment.run.run_key;
        let fate = if in_trouble.contains(&key) {
            Fate::Left(None)
        } else {
            match until_judged(shop, std::slice::from_ref(&parcel), pace, leave).await {
                Ok(true) => Fate::Pushed,
                Ok(false) => Fate::Left(None),
                Err(error) => alone(shop, &parcel, &error).await,
            }
        };
        if matches!(fate, Fate::Left(_)) {
            in_trouble.insert(key);
        }
        fates.push((parcel, fate));
    }
    fates
}

/// The fate of a parcel that Loki refused for what is in it.
async fn alone(shop: &Shop, parcel: &Parcel, error: &LokiError) -> Fate {
    match judge(error, 1) {
        Verdict::Aside => Fate::Aside(error.detail.clone()),
        Verdict::Retime => {
            // A push that is repeated may be too old by now where its first one was not: then it is there.
            match settle::is_there(shop, &parcel.segment).await {
                Ok(true) => Fate::Pushed,
                Ok(false) if parcel.is_recut => Fate::Aside(error.detail.clone()),
                Ok(false) => Fate::Left(Some(Trouble::Retime)),
                Err(unread) => Fate::Left(Some(Trouble::Hold(unread.failure, unread.detail))),
            }
        }
        _ => Fate::Left(Some(Trouble::Hold(error.failure, error.detail.clone()))),
    }
}

/// Pushes until Loki has taken it (true), has refused it for what is in it (the error), or it is time to leave (false).
async fn until_judged(
    shop: &Shop,
    batch: &[Parcel],
    pace: &Pace,
    leave: &mut Leave,
) -> Result<bool, LokiError> {
    let compressed = match batch {
        [only] => PushBody::compress(&only.segment.body),
        _ => {
            let bodies: Vec<&[u8]> = batch.iter().map(|parcel| parcel.segment.body.as_slice()).collect();
            PushBody::compress(&bodies.concat())
        }
    };
    let size = batch.iter().map(|parcel| parcel.segment.body.len()).sum();
    let body: bytes::Bytes = match compressed {
        Ok(body) => body.into(),
        Err(error) => return Err(LokiError::too_large(error.to_string())),
    };
    let mut failures = 0;
    while !leave.is_due() {
        pace.wait(size).await;
        let began = Instant::now();
        let pushed = shop.loki.push(body.clone()).await;
        histogram!(metric::LOKI_PUSH_DURATION_MS).record(began.elapsed().as_secs_f64() * 1_000.0);
        let error = match pushed {
            Ok(()) => {
                shop.health.pushed();
                return Ok(true);
            }
            Err(error) => error,
        };
        if judge(&error, batch.len()) != Verdict::Again {
            shop.health.refused(&error);
            return Err(error);
        }
        shop.health.failed(&error);
        failures += 1;
        leave.pause(backoff::pause(failures, error.retry_after, rand::random())).await;
    }
    Ok(false)
}
