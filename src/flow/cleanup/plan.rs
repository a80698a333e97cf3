//! Making plans: the set of runs that criteria mean, gone through page by page, counted and digested.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::facts::cleanup::{Criteria, What};
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;
use crate::flow::{Core, history};
use crate::store::cleanup::{self, Applying, Counts, Member, Plan, PlanState, SetPlace};
use crate::store::clock;
use crate::store::db::{Db, DbError};

use super::apply::{ApplyError, apply};
use super::work;

/// Members of one page: tens of milliseconds.
const PAGE: u32 = 5_000;
/// Runs of one plan, the first to have ended; another plan takes the rest.
const PLAN_RUNS_MAX: usize = 1_000_000;
/// Runs that a plan names.
const SAMPLE: usize = 100;
/// How long a plan can be applied: long enough for somebody else to look at it.
const LIFETIME: Duration = Duration::from_secs(24 * 3_600);
/// How long making a plan waits until the runs that have just ended are known as such.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(3);

/// Why no plan was made.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("there is no such run")]
    NoSuchRun,
    #[error("the run is {0}, and only what is over is deleted")]
    NotOver(RunStatus),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a set comes to.
#[derive(Debug, Default)]
pub(super) struct Total {
    pub counts: Counts,
    pub digest: Sha256,
    sample: Vec<RunId>,
}

/// What a deletion has come to that was asked for in one go.
#[derive(Debug, Clone)]
pub struct Removed {
    pub plan: Plan,
    /// Whether all of it is gone; else it goes on by itself.
    pub is_done: bool,
}

/// Makes a plan, and keeps it.
pub async fn plan(
    core: &Core,
    organization: OrganizationId,
    criteria: Criteria,
    what: What,
) -> Result<Plan, PlanError> {
    let made_at = clock::now();
    // Without a wait for those who end later.
    history::catch_up(&core.db, CATCH_UP_LIMIT).await?;
    if let Some(run_id) = &criteria.run_id {
        let (_, status) =
            cleanup::member(&core.db, organization, run_id, what).await?.ok_or(PlanError::NoSuchRun)?;
        if !status.is_terminal() {
            return Err(PlanError::NotOver(status));
        }
    }
    let mut total = Total::default();
    let mut set = Set::new(&core.db, organization, &criteria, what, made_at);
    while let Some(page) = set.next_page().await? {
        total.add(&page, what);
    }
    let plan = Plan {
        plan_id: Uuid::now_v7(),
        what,
        criteria,
        state: PlanState::Planned,
        digest: total.digest.finalize().into(),
        counts: total.counts,
        done: Counts::default(),
        sample: total.sample,
        created_at: made_at,
        expires_at: later(made_at, LIFETIME),
        finished_at: None,
    };
    cleanup::insert(&core.db, organization, &plan).await?;
    Ok(plan)
}

/// Plans, applies, and waits until it is done, as long as that does not take too long.
pub async fn removed(
    core: &Core,
    organization: OrganizationId,
    criteria: Criteria,
    what: What,
) -> Result<Removed, ApplyError> {
    let plan = plan(core, organization, criteria, what).await?;
    apply(core, organization, plan.plan_id).await?;
    let is_done = work::finish_soon(core, organization, Applying { plan_id: plan.plan_id, what }).await?;
    Ok(Removed { plan, is_done })
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(at.as_micros().saturating_add(micros)).unwrap_or(at)
}

impl Total {
    pub fn add(&mut self, page: &[Member], what: What) {
        for member in page {
            self.digest.update(member.run_key.0.as_bytes());
            self.digest.update(member.head_seq.to_be_bytes());
            if self.sample.len() < SAMPLE {
                self.sample.push(member.run_id.clone());
            }
            let counts = &mut self.counts;
            counts.runs += 1;
            if what == What::Runs {
                counts.events += member.head_seq;
            }
            if what != What::Artifacts {
                counts.lines += member.lines;
                counts.bytes += member.log_bytes;
            }
            if what != What::Logs {
                counts.artifacts += member.artifacts;
                counts.bytes += member.artifact_bytes;
            }
        }
    }
}

/// A set on its way through: the same twice, as long as nothing changes.
pub(super) struct Set<'a> {
    db: &'a Db,
    organization: OrganizationId,
    criteria: &'a Criteria,
    what: What,
    made_at: Timestamp,
    /// None: there is no more.
    after: Option<SetPlace>,
    seen: usize,
}

impl<'a> Set<'a> {
    pub fn new(
        db: &'a Db,
        organization: OrganizationId,
        criteria: &'a Criteria,
        what: What,
        made_at: Timestamp,
    ) -> Self {
        Self { db, organization, criteria, what, made_at, after: Some(SetPlace::start()), seen: 0 }
    }

    /// The next members; `None` at the end, or where a plan has enough.
    pub async fn next_page(&mut self) -> Result<Option<Vec<Member>>, DbError> {
        let Some(after) = self.after.take() else { return Ok(None) };
        if let Some(run_id) = &self.criteria.run_id {
            let member = cleanup::member(self.db, self.organization, run_id, self.what).await?;
            let over = member.filter(|(_, status)| status.is_terminal()).map(|(member, _)| vec![member]);
            return Ok(over);
        }
        let page =
            cleanup::page(self.db, self.organization, self.criteria, self.what, self.made_at, after, PAGE)
                .await?;
        self.seen += page.len();
        if page.len() == PAGE as usize && self.seen < PLAN_RUNS_MAX {
            self.after = page.last().map(SetPlace::behind);
        }
        Ok(Some(page))
    }
}

/// The keys of a page.
pub(super) fn keys(page: &[Member]) -> Vec<RunKey> {
    page.iter().map(|member| member.run_key).collect()
}
