//! Notifications as they are made, changed and tested.

use rand::RngExt as _;
use uuid::Uuid;

use super::super::Core;
use crate::facts::event_input::Fault;
use crate::facts::id::OrganizationId;
use crate::facts::notification::test_message;
use crate::facts::signature;
use crate::store::db::DbError;
use crate::store::notifications::{self, NotificationPlan, NotificationRow, PER_ORGANIZATION_MAX};
use crate::store::{clock, deliveries};

/// Why a notification is not made.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    #[error("there is no such notification")]
    NoSuchNotification,
    #[error("the notification is not as it should be")]
    Invalid(Vec<Fault>),
    #[error("an organization has at most {PER_ORGANIZATION_MAX} notifications")]
    TooMany,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A notification with its secret, which is seen only now.
#[derive(Debug)]
pub struct Made {
    pub row: NotificationRow,
    pub secret: String,
}

/// What a notification's secret is sealed for.
pub(super) fn purpose(id: Uuid) -> String {
    format!("notification {id}")
}

pub async fn create(
    core: &Core,
    organization: OrganizationId,
    plan: NotificationPlan,
) -> Result<Made, NotifyError> {
    let plan = checked(core, plan)?;
    let (id, secret) = (Uuid::now_v7(), signature::secret_text(&rand::rng().random()));
    let sealed = core.vault.seal_own(organization, &purpose(id), &secret);
    let sealed = sealed.ok_or_else(|| DbError::Shape("a secret could not be sealed".into()))?;
    if !notifications::insert(&core.db, organization, id, &plan, &sealed, clock::now()).await? {
        return Err(NotifyError::TooMany);
    }
    core.notifier.changed.notify_one();
    Ok(Made { row: found(core, organization, id).await?, secret })
}

/// Changes a notification; its secret stays.
pub async fn change(
    core: &Core,
    organization: OrganizationId,
    id: Uuid,
    plan: NotificationPlan,
) -> Result<NotificationRow, NotifyError> {
    let plan = checked(core, plan)?;
    if !notifications::update(&core.db, organization, id, &plan, clock::now()).await? {
        return Err(NotifyError::NoSuchNotification);
    }
    core.notifier.changed.notify_one();
    found(core, organization, id).await
}

/// Sends a message that tells of nothing; gives back the delivery.
pub async fn test(core: &Core, organization: OrganizationId, id: Uuid) -> Result<Uuid, NotifyError> {
    let (delivery, now) = (Uuid::now_v7(), clock::now());
    let body = test_message(now);
    if !deliveries::add_test(&core.db, organization, id, delivery, &body, now).await? {
        return Err(NotifyError::NoSuchNotification);
    }
    core.notifier.ready.notify_one();
    Ok(delivery)
}

async fn found(core: &Core, organization: OrganizationId, id: Uuid) -> Result<NotificationRow, NotifyError> {
    notifications::find(&core.db, organization, id).await?.ok_or(NotifyError::NoSuchNotification)
}

fn checked(core: &Core, plan: NotificationPlan) -> Result<NotificationPlan, NotifyError> {
    match core.notifier.outbound.check(&plan.url) {
        Ok(_) => Ok(plan),
        Err(detail) => {
            Err(NotifyError::Invalid(vec![Fault { pointer: "/url".into(), detail, is_size: false }]))
        }
    }
}
