//! What is to be deleted: the criteria of a plan, and the policies that make plans by themselves.

use serde::{Deserialize, Serialize};

use super::id::RunId;
use super::status::{RunStatus, words};
use super::time::Timestamp;

words! {
    /// What of the runs that fit goes.
    What {
        /// All of it; a tombstone stays.
        Runs = "runs",
        /// What they left beside their history: lines and files.
        Results = "results",
        /// Their lines.
        Logs = "logs",
        /// Their files.
        Artifacts = "artifacts",
    }
}

/// Longest age in days: no history is older than a hundred years.
pub const DAYS_MAX: u32 = 36_500;
/// Most runs of a workflow that a policy or plan keeps whatever their age.
pub const KEEP_LATEST_MAX: u32 = 1_000_000;
const DAY_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// Which runs: all that are over and fit everything that is said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Criteria {
    /// Ended longer ago than this.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub older_than_days: Option<u32>,
    /// The same for those that failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub keep_failed_days: Option<u32>,
    /// Empty: in whatever status.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub status: Vec<RunStatus>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workflow: Option<String>,
    /// Of none of these.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub except_workflows: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run_id: Option<RunId>,
    /// Not the newest so many of each workflow.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub keep_latest: Option<u32>,
}

impl Criteria {
    /// Whether nothing is said that narrows anything: a slip, rather than the wish to delete all there is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The criteria of one run.
    #[must_use]
    pub fn of_run(run_id: RunId) -> Self {
        Self { run_id: Some(run_id), ..Self::default() }
    }

    /// Before when runs must have ended, and those that failed, for a plan that is made at `now`.
    #[must_use]
    pub fn ended_before(&self, now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        (
            self.older_than_days.map(|days| days_before(now, days)),
            self.keep_failed_days.map(|days| days_before(now, days)),
        )
    }
}

fn days_before(now: Timestamp, days: u32) -> Timestamp {
    Timestamp::from_micros(now.as_micros() - i64::from(days) * DAY_MICROS).unwrap_or(Timestamp::EPOCH)
}

/// A run that is over, as criteria look at it.
#[derive(Debug, Clone)]
pub struct EndedRun {
    pub run_id: RunId,
    pub workflow: Option<String>,
    pub status: RunStatus,
    pub ended_at: Timestamp,
}

impl Criteria {
    /// Whether a plan of these, made at `now`, may have meant the run. Which runs were the newest then is not known any more.
    #[must_use]
    pub fn may_mean(&self, run: &EndedRun, now: Timestamp) -> bool {
        let (before, failed_before) = self.ended_before(now);
        let failed = matches!(run.status, RunStatus::Failed | RunStatus::Terminated | RunStatus::TimedOut);
        let workflow = run.workflow.as_deref();
        before.is_none_or(|before| run.ended_at < before)
            && failed_before.is_none_or(|before| !failed || run.ended_at < before)
            && (self.status.is_empty() || self.status.contains(&run.status))
            && self.workflow.as_deref().is_none_or(|wanted| workflow == Some(wanted))
            && !self.except_workflows.iter().any(|except| workflow == Some(except.as_str()))
            && self.run_id.as_ref().is_none_or(|wanted| *wanted == run.run_id)
    }
}

/// How long runs are kept: as long as they are young, and as long as they are among the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// None: of all workflows that have no policy of their own.
    pub workflow: Option<String>,
    pub keep_days: Option<u32>,
    pub keep_latest: Option<u32>,
    /// Those that failed, in place of `keep_days`, if it is longer.
    pub keep_failed_days: Option<u32>,
    /// How long the results of all of them are kept, however much longer the runs themselves are.
    pub keep_results_days: Option<u32>,
}

/// The plans that an organization's policies ask for, in the order in which they are to be made. Results come first: their plan
/// changes no set of runs, while the runs that go take results along.
#[must_use]
pub fn plans_of(policies: &[Policy]) -> Vec<(Criteria, What)> {
    let own: Vec<String> = policies.iter().filter_map(|policy| policy.workflow.clone()).collect();
    let of_policy = |policy: &Policy| Criteria {
        workflow: policy.workflow.clone(),
        except_workflows: if policy.workflow.is_none() { own.clone() } else { Vec::new() },
        ..Criteria::default()
    };
    let results = policies.iter().filter(|policy| policy.keep_results_days.is_some()).map(|policy| {
        (Criteria { older_than_days: policy.keep_results_days, ..of_policy(policy) }, What::Results)
    });
    // One that is about results alone keeps all runs.
    let lets_runs_go = |policy: &&Policy| policy.keep_days.is_some() || policy.keep_latest.is_some();
    let runs = policies.iter().filter(lets_runs_go).map(|policy| {
        let criteria = Criteria {
            older_than_days: policy.keep_days,
            keep_failed_days: policy.keep_failed_days,
            keep_latest: policy.keep_latest,
            ..of_policy(policy)
        };
        (criteria, What::Runs)
    });
    results.chain(runs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(workflow: Option<&str>, keep_days: u32) -> Policy {
        let workflow = workflow.map(str::to_owned);
        Policy {
            workflow,
            keep_days: Some(keep_days),
            keep_latest: None,
            keep_failed_days: None,
            keep_results_days: None,
        }
    }

    #[test]
    fn a_workflow_with_a_policy_of_its_own_is_left_out_of_the_general_one() {
        let plans = plans_of(&[policy(None, 30), policy(Some("recon"), 400)]);
        assert_eq!((&plans[0].0.except_workflows, plans[0].1), (&vec!["recon".to_owned()], What::Runs));
        assert_eq!((plans[1].0.workflow.as_deref(), plans[1].0.older_than_days), (Some("recon"), Some(400)));
        assert!(plans[1].0.except_workflows.is_empty());
    }

    #[test]
    fn results_go_by_their_age_alone_and_take_no_run_along() {
        let only = Policy { keep_days: None, keep_results_days: Some(7), ..policy(None, 1) };
        let both = Policy {
            keep_failed_days: Some(90),
            keep_latest: Some(5),
            keep_results_days: Some(3),
            ..policy(Some("recon"), 30)
        };
        let plans = plans_of(&[only, both]);
        let of = |plan: &(Criteria, What)| (plan.1, plan.0.older_than_days, plan.0.keep_latest);
        let expected =
            [(What::Results, Some(7), None), (What::Results, Some(3), None), (What::Runs, Some(30), Some(5))];
        assert_eq!(plans.iter().map(of).collect::<Vec<_>>(), expected);
        assert_eq!(
            (&plans[0].0.except_workflows, plans[1].0.keep_failed_days),
            (&vec!["recon".to_owned()], None)
        );
    }

    #[test]
    fn ages_are_counted_from_when_the_plan_is_made() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let criteria = Criteria { older_than_days: Some(2), ..Criteria::default() };
        assert_eq!(criteria.ended_before(now), (Some("2026-11-20T10:00:00Z".parse().unwrap()), None));
        let ancient = Criteria { older_than_days: Some(DAYS_MAX), ..Criteria::default() };
        assert!(ancient.ended_before(now).0.unwrap() < Timestamp::EPOCH);
        assert!(!ancient.is_empty() && Criteria::default().is_empty());
    }

    #[test]
    fn criteria_mean_what_fits_all_that_they_say() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let run = EndedRun {
            run_id: "r".parse().unwrap(),
            workflow: Some("recon".into()),
            status: RunStatus::Failed,
            ended_at: "2026-11-01T10:00:00Z".parse().unwrap(),
        };
        let none = Criteria::default;
        let fitting = [
            Criteria { older_than_days: Some(20), ..none() },
            Criteria { status: vec![RunStatus::Failed], workflow: Some("recon".into()), ..none() },
            Criteria { keep_latest: Some(3), run_id: Some("r".parse().unwrap()), ..none() },
        ];
        assert!(fitting.iter().all(|criteria| criteria.may_mean(&run, now)));
        let others = [
            Criteria { older_than_days: Some(21), ..none() },
            Criteria { older_than_days: Some(2), keep_failed_days: Some(30), ..none() },
            Criteria { status: vec![RunStatus::Completed], ..none() },
            Criteria { workflow: Some("scan".into()), ..none() },
            Criteria { except_workflows: vec!["recon".into()], ..none() },
            Criteria { run_id: Some("s".parse().unwrap()), ..none() },
        ];
        assert!(others.iter().all(|criteria| !criteria.may_mean(&run, now)));
    }

    #[test]
    fn criteria_survive_their_text() {
        let criteria = Criteria {
            status: vec![RunStatus::Failed],
            run_id: Some("r".parse().unwrap()),
            ..Criteria::default()
        };
        let text = serde_json::to_string(&criteria).unwrap();
        assert_eq!(text, r#"{"status":["FAILED"],"runId":"r"}"#);
        assert_eq!(serde_json::from_str::<Criteria>(&text).unwrap(), criteria);
    }
}
