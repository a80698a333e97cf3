//! The duty of deleting, on one server of several: what is being applied goes on, and once an hour the policies are asked what else
//! has had its time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tracing::{info, warn};
use uuid::Uuid;

use super::apply::{ApplyError, apply};
use super::work::Step;
use super::{plan, work};
use crate::facts::cleanup::{Criteria, Policy, What, plans_of};
use crate::facts::id::OrganizationId;
use crate::facts::time::Timestamp;
use crate::flow::Core;
use crate::store::db::DbError;
use crate::store::{cleanup, clock, duties, partitions};

const DUTY: &str = "cleanup";
/// A plan that this process applies wakes the duty at once; one of another process, or one that a killed server has left, is found
/// after this.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Whether those who follow the events have seen what is to go is looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// How often the policies are asked.
const POLICIES_EVERY: Duration = Duration::from_secs(60 * 60);
/// Plans gone on with in one turn, each by one batch.
const PLANS_AT_ONCE: u32 = 16;
/// What was planned is remembered this long, so that who deleted what can be looked up.
const PLANS_KEPT: Duration = Duration::from_secs(400 * 24 * 3_600);

/// Starts the duty; it runs until its task is aborted.
pub fn start(core: &Core, tasks: &mut JoinSet<()>) {
    let (core, holder) = (core.clone(), Uuid::new_v4());
    tasks.spawn(async move {
        let mut policies_asked: Option<Instant> = None;
        // What a killed server has emptied is looked for at the start.
        let mut has_worked = true;
        loop {
            match turn(&core, holder, &mut policies_asked, &mut has_worked).await {
                Ok(Step::Worked) => {}
                Ok(Step::Waits) => tokio::time::sleep(LOOK_AGAIN).await,
                Ok(Step::Nothing) => {
                    let _ = tokio::time::timeout(LOOK_EVERY, core.cleanup.notified()).await;
                }
                Err(error) => {
                    warn!(%error, "deleting could not go on");
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
    });
}

/// One batch of each plan, and the most that came of it.
async fn turn(
    core: &Core,
    holder: Uuid,
    policies_asked: &mut Option<Instant>,
    has_worked: &mut bool,
) -> Result<Step, DbError> {
    if !duties::hold(&core.db, DUTY, holder).await? {
        return Ok(Step::Nothing);
    }
    if policies_asked.is_none_or(|asked| asked.elapsed() >= POLICIES_EVERY) {
        *policies_asked = Some(Instant::now());
        ask_policies(core).await?;
        cleanup::forget_before(&core.db, ago(PLANS_KEPT)).await?;
    }
    let mut most = Step::Nothing;
    for plan in cleanup::applying(&core.db, PLANS_AT_ONCE).await? {
        let began = Instant::now();
        let step = work::step(core, plan).await?;
        if step == Step::Worked {
            work::pause(began).await;
        }
        most = most.max(step);
    }
    work::remove_remains(core).await?;
    if *has_worked && most != Step::Worked {
        let dropped = partitions::drop_empty(&core.db).await?;
        if dropped > 0 {
            info!(dropped, "emptied partitions dropped");
        }
    }
    *has_worked = most == Step::Worked;
    Ok(most)
}

/// Plans and applies what the policies of all organizations ask for.
async fn ask_policies(core: &Core) -> Result<(), DbError> {
    let mut policies: HashMap<OrganizationId, Vec<Policy>> = HashMap::new();
    for (organization, policy) in cleanup::all_policies(&core.db).await? {
        policies.entry(organization).or_default().push(policy);
    }
    for (organization, policies) in policies {
        for (criteria, what) in plans_of(&policies) {
            match apply_policy(core, organization, criteria, what).await {
                Ok(()) => {}
                Err(ApplyError::Db(error)) => return Err(error),
                Err(error) => warn!(%organization, %error, "a policy of retention could not be applied"),
            }
        }
    }
    Ok(())
}

async fn apply_policy(
    core: &Core,
    organization: OrganizationId,
    criteria: Criteria,
    what: What,
) -> Result<(), ApplyError> {
    let plan = plan::plan(core, organization, criteria, what).await?;
    if plan.counts.runs == 0 {
        cleanup::forget(&core.db, plan.plan_id).await?;
        return Ok(());
    }
    info!(%organization, plan = %plan.plan_id, runs = plan.counts.runs, what = what.as_str(), "runs have had their time");
    apply(core, organization, plan.plan_id).await.map(drop)
}

fn ago(limit: Duration) -> Timestamp {
    let micros = i64::try_from(limit.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(clock::now().as_micros() - micros).unwrap_or(Timestamp::EPOCH)
}
