//! Sends made-up runs to a server, in batches, several at a time.
//!
//! ```text
//! a group of runs: RUN_QUEUED of all ─► their lines ─► everything else        the next group meanwhile
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::client::{Client, ClientError, NewEvent, until_acknowledged};
use crate::facts::id::RunId;
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;

use super::story::{Story, story};

/// Runs whose events go in one request: some 20 events each, far below the 5,000 and the 8 MiB of a batch.
const RUNS_PER_GROUP: u64 = 50;
/// Groups under way at once: enough that the server's lanes always have work.
const GROUPS_AT_ONCE: usize = 4;
/// Runs of a group whose lines are under way at once.
const LOGS_AT_ONCE: usize = 8;
/// How long a server may be away meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was sent.
#[derive(Debug, Default)]
pub(crate) struct Sown {
    pub(crate) runs: u64,
    pub(crate) events: u64,
    pub(crate) lines: u64,
    /// Events that were there already.
    pub(crate) duplicates: u64,
    pub(crate) statuses: BTreeMap<RunStatus, u64>,
}

impl Sown {
    fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.events += other.events;
        self.lines += other.lines;
        self.duplicates += other.duplicates;
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
    }
}

/// Sends runs `0..runs` of the seed; `told` is called with the runs sent so far.
pub(crate) async fn sow(
    client: &Client,
    seed: u64,
    runs: u64,
    now: Timestamp,
    mut told: impl FnMut(u64),
) -> Result<Sown, ClientError> {
    let groups = (0..runs.div_ceil(RUNS_PER_GROUP)).map(|group| {
        let from = group * RUNS_PER_GROUP;
        sow_group(client, seed, from..(from + RUNS_PER_GROUP).min(runs), now)
    });
    let mut sown = stream::iter(groups).buffer_unordered(GROUPS_AT_ONCE);
    let mut total = Sown::default();
    while let Some(group) = sown.try_next().await? {
        total.add(&group);
        told(total.runs);
    }
    Ok(total)
}

async fn sow_group(
    client: &Client,
    seed: u64,
    indexes: std::ops::Range<u64>,
    now: Timestamp,
) -> Result<Sown, ClientError> {
    let stories: Vec<Story> = indexes.filter_map(|index| story(seed, index, now)).collect();
    let mut sown = Sown { runs: stories.len() as u64, ..Sown::default() };
    let first: Vec<_> = stories.iter().map(|story| (&story.run_id, &story.first)).collect();
    append(client, &first, &mut sown).await?;
    let mut logs = stream::iter(stories.iter().filter(|story| !story.lines.is_empty()).map(|story| {
        let send = move || client.append_logs(&story.run_id, &story.lines);
        until_acknowledged(PATIENCE, send)
    }))
    .buffer_unordered(LOGS_AT_ONCE);
    while let Some(answer) = logs.try_next().await? {
        sown.lines += answer.accepted + answer.duplicates;
    }
    drop(logs);
    let rest: Vec<_> =
        stories.iter().flat_map(|story| story.rest.iter().map(|event| (&story.run_id, event))).collect();
    append(client, &rest, &mut sown).await?;
    for story in &stories {
        *sown.statuses.entry(story.status).or_default() += 1;
    }
    Ok(sown)
}

async fn append(client: &Client, events: &[(&RunId, &NewEvent)], sown: &mut Sown) -> Result<(), ClientError> {
    if events.is_empty() {
        return Ok(());
    }
    let answer = until_acknowledged(PATIENCE, || client.append_events_across(events)).await?;
    sown.events += events.len() as u64;
    sown.duplicates += answer.results.iter().filter(|result| result.outcome == "duplicate").count() as u64;
    Ok(())
}
