//! What a purge leaves outside of the database: objects, and lines in Loki. Noted in the purge's own transaction, so that
//! nothing is forgotten whenever the server dies.

use std::time::Duration;

use tokio_postgres::Row;
use uuid::Uuid;

use crate::facts::id::{OrganizationId, RunKey};
use crate::store::db::row::{column, parsed};
use crate::store::db::{Db, DbError, Query, query};
use crate::store::logs::LokiRun;
use crate::store::objects::ObjectKey;

const DUE: Query = query!("cleanup/due_remains"; INT8, FLOAT8);
pub(super) const GONE: Query = query!("cleanup/remains_gone"; INT8_ARRAY);

/// Something that is still to be removed.
#[derive(Debug, Clone)]
pub enum Remain {
    Object(ObjectKey),
    /// A run's lines in Loki between these times, both ends included.
    Lines {
        run: LokiRun,
        first_ns: i64,
        last_ns: i64,
    },
}

/// What is to be removed now, with what names it; it is not given again before `patience` is over.
pub async fn due(db: &Db, limit: u32, patience: Duration) -> Result<Vec<(i64, Remain)>, DbError> {
    let patience = patience.as_secs_f64() * 1e3;
    let rows = db.get().await?.query(&DUE, &[&i64::from(limit), &patience]).await?;
    rows.iter().map(read).collect()
}

/// These are removed.
pub async fn gone(db: &Db, ids: &[i64]) -> Result<(), DbError> {
    if ids.is_empty() {
        return Ok(());
    }
    db.get().await?.query(&GONE, &[&ids]).await.map(drop)
}

fn read(row: &Row) -> Result<(i64, Remain), DbError> {
    let organization = OrganizationId(column(row, 1)?);
    let run = RunKey(column(row, 2)?);
    let remain = match column::<Option<Uuid>>(row, 3)? {
        Some(artifact_id) => Remain::Object(ObjectKey { organization, run, artifact_id }),
        None => Remain::Lines {
            run: LokiRun {
                run_key: run,
                organization,
                run_id: parsed(row, 4)?,
                labels: parsed(row, 5)?,
                workflow: column(row, 6)?,
            },
            first_ns: column(row, 7)?,
            last_ns: column(row, 8)?,
        },
    };
    Ok((column(row, 0)?, remain))
}
