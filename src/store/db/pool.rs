//! The pool, and connections that run a [`Query`] in the way the database allows.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::{Object, Pool, PoolError};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::{Query, query};
use crate::facts::id::OrganizationId;

const SECOND_LOCK: Query = query!("db/second_lock";);

/// How long a caller waits for a free connection: longer than any healthy query, short enough for
/// a client to be told 503 instead of hanging.
pub const POOL_WAIT: Duration = Duration::from_secs(5);

/// How long a query may take, an answer from a healthy server coming within milliseconds: a connection that is silent for
/// longer leads nowhere any more, though its peer still acknowledges what is sent.
pub const QUERY_LIMIT: Duration = Duration::from_secs(10);

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No connection could be had, or the one in use broke: nothing is known to be committed.
    #[error("database is not reachable: {0}")]
    Unreachable(String),
    /// The server answered with an error.
    #[error("database refused `{query}`: {}", describe(source))]
    Refused { query: &'static str, source: tokio_postgres::Error },
    /// A row did not have the shape the code expects: a defect or a foreign schema.
    #[error("row has an unexpected shape: {0}")]
    Shape(String),
}

impl DbError {
    /// Sorts an error of the driver: SQLSTATE classes 08, 53, 57 and a closed connection mean "not there
    /// now", everything else is the server's answer to this very query.
    #[must_use]
    pub fn of_query(query: &'static str, source: tokio_postgres::Error) -> Self {
        let unreachable = match source.code() {
            None => true,
            Some(state) => {
                matches!(&state.code()[..2], "08" | "53" | "57") && *state != SqlState::QUERY_CANCELED
                    || *state == SqlState::READ_ONLY_SQL_TRANSACTION
            }
        };
        if unreachable && !is_conversion(&source) {
            Self::Unreachable(describe(&source))
        } else {
            Self::Refused { query, source }
        }
    }

    /// Whether trying again later may help.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }

    /// The server's SQLSTATE, where it gave one.
    #[must_use]
    pub fn sql_state(&self) -> Option<&SqlState> {
        match self {
            Self::Refused { source, .. } => source.code(),
            _ => None,
        }
    }
}

/// A parameter or column that did not convert has no SQLSTATE either, but is no broken connection.
fn is_conversion(error: &tokio_postgres::Error) -> bool {
    let text = error.to_string();
    text.starts_with("error serializing parameter") || text.starts_with("error deserializing column")
}

/// The error with its causes in one line.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

impl From<PoolError> for DbError {
    fn from(error: PoolError) -> Self {
        Self::Unreachable(describe(&error))
    }
}

/// The cheap-to-clone handle to the database.
#[derive(Clone)]
pub struct Db {
    pool: Pool,
    prepared: bool,
    /// Whether the database has the role that row-level security holds to one organization.
    has_second_lock: bool,
    /// Whose rows alone its connections can read.
    within: Option<Uuid>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("pool", &self.pool.status()).field("prepared", &self.prepared).finish()
    }
}

impl Db {
    /// `prepared: false` is for a pooler in transaction mode, which keeps no prepared statements.
    #[must_use]
    pub fn new(pool: Pool, prepared: bool) -> Self {
        Self { pool, prepared, has_second_lock: false, within: None }
    }

    /// The same, with the second lock where the database has one (see docs/accounts.md).
    pub async fn with_second_lock(self) -> Result<Self, DbError> {
        let row = self.get().await?.query_one(&SECOND_LOCK, &[]).await?;
        let has_second_lock = row.try_get(0).map_err(|error| DbError::Shape(error.to_string()))?;
        Ok(Self { has_second_lock, ..self })
    }

    /// The same for reading what belongs to one organization: PostgreSQL itself keeps all other rows of the tables that
    /// name an organization back, whatever a query asks. Not for writing, and not for transactions.
    #[must_use]
    pub fn within(&self, organization: OrganizationId) -> Self {
        let within = self.has_second_lock.then_some(organization.0);
        Self { within, ..self.clone() }
    }

    /// A connection of the pool; waits at most [`POOL_WAIT`].
    pub async fn get(&self) -> Result<Connection, DbError> {
        let object = Some(self.pool.get().await?);
        let (prepared, within) = (self.prepared, self.within);
        Ok(Connection { object, prepared, within, is_silent: AtomicBool::new(false) })
    }
}

/// A pooled connection. One that fell silent does not go back to the pool.
#[derive(Debug)]
pub struct Connection {
    /// `None` only while it is being dropped.
    object: Option<Object>,
    prepared: bool,
    within: Option<Uuid>,
    is_silent: AtomicBool,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let (true, Some(object)) = (self.is_silent.load(Ordering::Relaxed), self.object.take()) {
            drop(Object::take(object));
        }
    }
}

/// A transaction on a pooled connection; dropped without commit it rolls back.
pub struct Transaction<'a> {
    inner: deadpool_postgres::Transaction<'a>,
    prepared: bool,
    is_silent: &'a AtomicBool,
}

type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Runs a [`Query`] on a connection or in a transaction: deadpool gives the two no common trait that has
/// both the statement cache and the one-round-trip form.
macro_rules! run {
    ($client:expr, $prepared:expr, $query:expr, $params:expr) => {
        async {
            if $prepared && !$query.planned_anew {
                let statement = $client.prepare_typed_cached($query.text, $query.types).await?;
                $client.query(&statement, $params).await
            } else {
                let typed: Vec<(&(dyn ToSql + Sync), Type)> =
                    $params.iter().copied().zip($query.types.iter().cloned()).collect();
                $client.query_typed($query.text, &typed).await
            }
        }
    };
}

/// Waits for the server's answer, at most [`QUERY_LIMIT`].
async fn limited<T>(
    name: &'static str,
    is_silent: &AtomicBool,
    answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, DbError> {
    match tokio::time::timeout(QUERY_LIMIT, answer).await {
        Ok(answer) => answer.map_err(|error| DbError::of_query(name, error)),
        Err(_) => {
            is_silent.store(true, Ordering::Relaxed);
            Err(DbError::Unreachable(format!("no answer to `{name}` within {} s", QUERY_LIMIT.as_secs())))
        }
    }
}

impl Connection {
    pub async fn query(&self, query: &Query, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        let object = self.object()?;
        if let Some(organization) = self.within {
            let answer = self.query_within(object, organization, query, params);
            return limited(query.name, &self.is_silent, answer).await;
        }
        limited(query.name, &self.is_silent, run!(object, self.prepared, query, params)).await
    }

    /// The query as the role that row-level security holds to the organization. All three parts are on their way before the first
    /// answer comes, so that it costs no round trip more.
    async fn query_within(
        &self,
        object: &Object,
        organization: Uuid,
        query: &Query,
        params: Params<'_>,
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        // A uuid has nothing to escape; SET takes no parameters. None of these reads lasts as long as it takes to compile a query, or to
        // start workers that share it; and what they read has an index in their order, which a bitmap would lose.
        let begin = format!(
            "BEGIN READ ONLY; SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL enable_bitmapscan = off; \
             SET LOCAL ROLE telltale_reader; SET LOCAL telltale.organization = '{organization}'"
        );
        if self.prepared && !query.planned_anew {
            // Before, since it may take a round trip, which COMMIT would overtake.
            let statement = object.prepare_typed_cached(query.text, query.types).await?;
            let (begun, rows, ended) = tokio::join!(
                object.batch_execute(&begin),
                object.query(&statement, params),
                object.batch_execute("COMMIT")
            );
            return begun.and(rows).and_then(|rows| ended.map(|()| rows));
        }
        let typed: Vec<(&(dyn ToSql + Sync), Type)> =
            params.iter().copied().zip(query.types.iter().cloned()).collect();
        let (begun, rows, ended) = tokio::join!(
            object.batch_execute(&begin),
            object.query_typed(query.text, &typed),
            object.batch_execute("COMMIT")
        );
        begun.and(rows).and_then(|rows| ended.map(|()| rows))
    }

    /// The first row, if there is one.
    pub async fn query_opt(&self, query: &Query, params: Params<'_>) -> Result<Option<Row>, DbError> {
        Ok(self.query(query, params).await?.into_iter().next())
    }

    /// The one row that the query always gives.
    pub async fn query_one(&self, query: &Query, params: Params<'_>) -> Result<Row, DbError> {
        only(query, self.query(query, params).await?)
    }

    /// Sends text that needs no parameters, several statements allowed.
    pub async fn batch(&self, name: &'static str, text: &str) -> Result<(), DbError> {
        limited(name, &self.is_silent, self.object()?.batch_execute(text)).await
    }

    pub async fn transaction(&mut self) -> Result<Transaction<'_>, DbError> {
        let Self { object, prepared, is_silent, .. } = self;
        let object = object.as_mut().ok_or_else(gone)?;
        let inner = limited("begin", is_silent, object.transaction()).await?;
        Ok(Transaction { inner, prepared: *prepared, is_silent })
    }

    fn object(&self) -> Result<&Object, DbError> {
        self.object.as_ref().ok_or_else(gone)
    }
}

fn gone() -> DbError {
    DbError::Unreachable("the connection was given up".into())
}

impl Transaction<'_> {
    pub async fn query(&self, query: &Query, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        limited(query.name, self.is_silent, run!(self.inner, self.prepared, query, params)).await
    }

    pub async fn query_opt(&self, query: &Query, params: Params<'_>) -> Result<Option<Row>, DbError> {
        Ok(self.query(query, params).await?.into_iter().next())
    }

    pub async fn query_one(&self, query: &Query, params: Params<'_>) -> Result<Row, DbError> {
        only(query, self.query(query, params).await?)
    }

    pub async fn batch(&self, name: &'static str, text: &str) -> Result<(), DbError> {
        limited(name, self.is_silent, self.inner.batch_execute(text)).await
    }

    pub async fn commit(self) -> Result<(), DbError> {
        limited("commit", self.is_silent, self.inner.commit()).await
    }
}

/// A connection, or a transaction on one: for work that does not care which.
pub enum Executor<'a> {
    Connection(&'a Connection),
    Transaction(&'a Transaction<'a>),
}

impl Executor<'_> {
    pub async fn query(&self, query: &Query, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        match self {
            Self::Connection(connection) => connection.query(query, params).await,
            Self::Transaction(transaction) => transaction.query(query, params).await,
        }
    }
}

fn only(query: &Query, rows: Vec<Row>) -> Result<Row, DbError> {
    rows.into_iter().next().ok_or_else(|| DbError::Shape(format!("`{}` gave no row", query.name)))
}
