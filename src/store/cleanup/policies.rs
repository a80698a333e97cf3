//! The policies of retention.

use tokio_postgres::Row;
use uuid::Uuid;

use crate::facts::cleanup::Policy;
use crate::facts::id::OrganizationId;
use crate::store::db::row::column;
use crate::store::db::{Db, DbError, Query, query};

const OF: Query = query!("cleanup/policies"; UUID);
const ALL: Query = query!("cleanup/all_policies";);
const DELETE: Query = query!("cleanup/delete_policies"; UUID);
const INSERT: Query = query!("cleanup/insert_policy"; UUID, UUID, TEXT, INT4, INT4, INT4, INT4);

/// A policy with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRow {
    pub policy_id: Uuid,
    pub policy: Policy,
}

/// An organization's policies, the general one first.
pub async fn of(db: &Db, organization: OrganizationId) -> Result<Vec<PolicyRow>, DbError> {
    db.get().await?.query(&OF, &[&organization.0]).await?.iter().map(|row| read(row, 0)).collect()
}

/// The policies of all organizations, those of one beside each other.
pub async fn all(db: &Db) -> Result<Vec<(OrganizationId, Policy)>, DbError> {
    let rows = db.get().await?.query(&ALL, &[]).await?;
    rows.iter().map(|row| Ok((OrganizationId(column(row, 0)?), read(row, 1)?.policy))).collect()
}

/// Puts these policies in the place of all that the organization has.
pub async fn replace(db: &Db, organization: OrganizationId, policies: &[PolicyRow]) -> Result<(), DbError> {
    let mut connection = db.get().await?;
    let transaction = connection.transaction().await?;
    transaction.query(&DELETE, &[&organization.0]).await?;
    for row in policies {
        let Policy { workflow, keep_days, keep_latest, keep_failed_days, keep_results_days } = &row.policy;
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 7] = [
            &row.policy_id,
            &organization.0,
            workflow,
            &keep_days.map(u32::cast_signed),
            &keep_latest.map(u32::cast_signed),
            &keep_failed_days.map(u32::cast_signed),
            &keep_results_days.map(u32::cast_signed),
        ];
        transaction.query(&INSERT, &params).await?;
    }
    transaction.commit().await
}

fn read(row: &Row, first: usize) -> Result<PolicyRow, DbError> {
    let bound = |index: usize| -> Result<Option<u32>, DbError> {
        Ok(column::<Option<i32>>(row, first + index)?.map(i32::unsigned_abs))
    };
    let policy = Policy {
        workflow: column(row, first + 1)?,
        keep_days: bound(2)?,
        keep_latest: bound(3)?,
        keep_failed_days: bound(4)?,
        keep_results_days: bound(5)?,
    };
    Ok(PolicyRow { policy_id: column(row, first)?, policy })
}
