//! The policies of retention.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::app::SharedApp;
use super::endpoint::Call;
use super::fields::Fields;
use super::problem::Problem;
use super::{Response, body, schema};
use crate::facts::cleanup::{DAYS_MAX, KEEP_LATEST_MAX, Policy};
use crate::store::cleanup::{self, PolicyRow};

/// Policies of one organization.
const POLICIES_MAX: usize = 1_000;
/// Longest name of a workflow.
const WORKFLOW_MAX_BYTES: usize = 256;

/// How long runs are kept.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetentionPolicy {
    #[serde(default)]
    policy_id: Option<Uuid>,
    /// Null: of all workflows that have no policy of their own.
    #[serde(default)]
    workflow: Option<String>,
    /// So many days after their end.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 36500)]
    keep_days: Option<i64>,
    /// And as long as they are among the newest so many of their workflow.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000000)]
    keep_latest: Option<i64>,
    /// Those that failed, where that is longer than `keepDays`.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 36500)]
    keep_failed_days: Option<i64>,
    /// The lines and artifacts of all of them, however much longer the runs themselves are kept.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 36500)]
    keep_results_days: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Retention {
    policies: Vec<RetentionPolicy>,
}

impl From<PolicyRow> for RetentionPolicy {
    fn from(row: PolicyRow) -> Self {
        let Policy { workflow, keep_days, keep_latest, keep_failed_days, keep_results_days } = row.policy;
        Self {
            policy_id: Some(row.policy_id),
            workflow,
            keep_days: keep_days.map(i64::from),
            keep_latest: keep_latest.map(i64::from),
            keep_failed_days: keep_failed_days.map(i64::from),
            keep_results_days: keep_results_days.map(i64::from),
        }
    }
}

/// GET /api/v1/retention
pub async fn show(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let policies = cleanup::policies_of(&call.head.db(&app), call.head.organization()).await?;
    Ok(schema::json(&Retention { policies: policies.into_iter().map(RetentionPolicy::from).collect() }))
}

/// PUT /api/v1/retention
pub async fn put(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let mut fields = Fields::of(&body)?;
    let given: Vec<RetentionPolicy> = fields.required("policies", "a list of policies").unwrap_or_default();
    let policies = policies(given, &mut fields);
    fields.check()?;
    cleanup::replace_policies(&app.core.db, call.head.organization(), &policies).await?;
    Ok(schema::json(&Retention { policies: policies.into_iter().map(RetentionPolicy::from).collect() }))
}

/// The policies that are given; each fault is noted.
fn policies(given: Vec<RetentionPolicy>, fields: &mut Fields) -> Vec<PolicyRow> {
    if given.len() > POLICIES_MAX {
        fields.fault("/policies", format!("are more than {POLICIES_MAX}"));
        return Vec::new();
    }
    let mut policies: Vec<PolicyRow> = Vec::with_capacity(given.len());
    for (index, given) in given.into_iter().enumerate() {
        let pointer = |name: &str| format!("/policies/{index}/{name}");
        let mut bounded = |name: &str, number: Option<i64>, most: u32| {
            let number = number?;
            let fits = u32::try_from(number).ok().filter(|number| (1..=most).contains(number));
            if fits.is_none() {
                fields.fault(pointer(name), format!("is not a whole number from 1 to {most}"));
            }
            fits
        };
        let policy = Policy {
            keep_days: bounded("keepDays", given.keep_days, DAYS_MAX),
            keep_latest: bounded("keepLatest", given.keep_latest, KEEP_LATEST_MAX),
            keep_failed_days: bounded("keepFailedDays", given.keep_failed_days, DAYS_MAX),
            keep_results_days: bounded("keepResultsDays", given.keep_results_days, DAYS_MAX),
            workflow: given.workflow,
        };
        let is_name = |name: &String| (1..=WORKFLOW_MAX_BYTES).contains(&name.len()) && !name.contains('\0');
        if !policy.workflow.iter().all(is_name) {
            fields.fault(pointer("workflow"), format!("is not a name of 1 to {WORKFLOW_MAX_BYTES} bytes"));
        }
        if given.keep_days.or(given.keep_latest).or(given.keep_results_days).is_none() {
            fields
                .fault(format!("/policies/{index}"), "says none of keepDays, keepLatest and keepResultsDays");
        }
        if policies.iter().any(|other| other.policy.workflow == policy.workflow) {
            fields.fault(pointer("workflow"), "has a policy in this list already");
        }
        policies.push(PolicyRow { policy_id: given.policy_id.unwrap_or_else(Uuid::now_v7), policy });
    }
    policies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_list_is_named() {
        let text = r#"[{"keepDays":0},{"workflow":"w"},{"workflow":"w","keepLatest":-1},{"workflow":"","keepDays":1},{"workflow":"x","keepResultsDays":0}]"#;
        let mut fields = Fields::parse(b"{}").unwrap();
        policies(serde_json::from_str(text).unwrap(), &mut fields);
        let pointers: Vec<String> =
            fields.check().unwrap_err().errors.into_iter().map(|fault| fault.pointer).collect();
        let expected = [
            "/policies/0/keepDays",
            "/policies/1",
            "/policies/2/keepLatest",
            "/policies/2/workflow",
            "/policies/3/workflow",
            "/policies/4/keepResultsDays",
        ];
        assert_eq!(pointers, expected);
    }

    #[test]
    fn a_policy_comes_back_as_it_was_put() {
        let text =
            r#"[{"workflow":null,"keepDays":30,"keepFailedDays":90},{"workflow":"w","keepResultsDays":5}]"#;
        let mut fields = Fields::parse(b"{}").unwrap();
        let read = policies(serde_json::from_str(text).unwrap(), &mut fields);
        assert!(fields.check().is_ok());
        assert_eq!(read[0].policy.keep_failed_days, Some(90));
        assert_eq!(RetentionPolicy::from(read[1].clone()).keep_results_days, Some(5));
    }
}
