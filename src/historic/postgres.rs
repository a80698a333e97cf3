//! A session with a source's PostgreSQL, which is only read.

use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

use super::SourceError;
use crate::store::db::Target;

/// Of another system's tables: `true` where this one exists.
const HAS_TABLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/historic/has_table.sql"));

/// One session, in which everything is read only.
pub struct Session {
    client: Client,
}

impl Session {
    pub async fn open(url: &str) -> Result<Self, SourceError> {
        let target = Target::parse(url).map_err(|error| SourceError::Unfit(error.to_string()))?;
        let client = target.open().await.map_err(|error| SourceError::Unfit(error.to_string()))?;
        // A session's default, so that no mistake of ours can change what is not ours.
        client.batch_execute("SET default_transaction_read_only = on").await.map_err(broken)?;
        Ok(Self { client })
    }

    pub async fn has_table(&self, name: &str) -> Result<bool, SourceError> {
        let row = self.client.query_one(HAS_TABLE, &[&name]).await.map_err(broken)?;
        row.try_get(0).map_err(broken)
    }

    /// The first column of every row, each a JSON text.
    pub async fn json(
        &self,
        query: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<String>, SourceError> {
        let rows = self.client.query(query, params).await.map_err(broken)?;
        rows.iter().map(|row| row.try_get(0).map_err(broken)).collect()
    }

    pub async fn count(&self, query: &str) -> Result<u64, SourceError> {
        let row = self.client.query_one(query, &[]).await.map_err(broken)?;
        let count: i64 = row.try_get(0).map_err(broken)?;
        Ok(count.unsigned_abs())
    }
}

/// The database's own words, where it has some.
fn broken(error: tokio_postgres::Error) -> SourceError {
    let said = error.as_db_error().map(|error| error.message().to_owned());
    SourceError::Broken(said.unwrap_or_else(|| error.to_string()))
}
