//! Keeps the schema: forward with refinery, back with the `down` file of each step.
//!
//! A step is a pair of files of the same name, `migrations/V3__words.sql` and
//! `migrations/down/V3__words.sql`; both are built in. One process at a time migrates a database: the
//! others wait for it. Never changes a schema that is newer than this binary.

use std::time::Duration;

use refinery::{Migration, Runner};
use tokio::time::{Instant, sleep};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};

use super::{DbError, Target};

/// A long migration of another process is waited for, a stuck one is not.
const LOCK_LIMIT: Duration = Duration::from_mins(10);
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub version: i32,
    /// `V1__core`, as the files are named.
    pub name: &'static str,
    pub up: &'static str,
    pub down: &'static str,
}

/// `step!(1, "core")`: both files of a step; the build fails while one of them is missing.
macro_rules! step {
    ($version:literal, $words:literal) => {
        Step {
            version: $version,
            name: concat!("V", $version, "__", $words),
            up: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/migrations/V",
                $version,
                "__",
                $words,
                ".sql"
            )),
            down: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/migrations/down/V",
                $version,
                "__",
                $words,
                ".sql"
            )),
        }
    };
}

/// Every step, oldest first. A test compares the list with the folder.
pub const STEPS: &[Step] = &[
    step!(1, "core"),
    step!(2, "runner"),
    step!(3, "append"),
    step!(4, "logs"),
    step!(5, "accounts"),
    step!(6, "history"),
    step!(7, "triggers"),
    step!(8, "imports"),
    step!(9, "operations"),
    step!(10, "isolation"),
    step!(11, "search"),
    step!(12, "search_history"),
    step!(13, "artifacts"),
];

/// Why the schema is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error(
        "the database has schema version {schema}, newer than {known}, the newest that this telltale knows; use a newer telltale"
    )]
    Newer { schema: i32, known: i32 },
    #[error("another process has been migrating this database for over {} s", LOCK_LIMIT.as_secs())]
    Locked,
    #[error("there is no schema version {0}")]
    NoSuchVersion(i32),
    #[error("the schema could not be migrated: {0}")]
    Refused(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A step, and when it was applied (RFC 3339) if it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepStatus {
    pub version: i32,
    pub name: String,
    pub applied_at: Option<String>,
}

/// Brings the schema to this binary's version; gives the names of the steps that were applied.
pub async fn up(target: &Target) -> Result<Vec<String>, MigrateError> {
    steps_up(target, STEPS).await
}

/// Takes back every step above version `to`, newest first; 0 takes back all. The data in it is lost.
pub async fn down(target: &Target, to: i32) -> Result<Vec<String>, MigrateError> {
    steps_down(target, STEPS, to).await
}

/// The steps that this binary knows, applied or not. Changes nothing.
pub async fn status(target: &Target) -> Result<Vec<StepStatus>, MigrateError> {
    let client = target.open().await?;
    let applied = applied(&client).await?;
    refuse_newer(&applied, STEPS)?;
    let of = |version| applied.iter().find(|step| step.version == version);
    let statuses = STEPS.iter().map(|step| StepStatus {
        version: step.version,
        name: step.name.to_owned(),
        applied_at: of(step.version).and_then(|step| step.applied_at.clone()),
    });
    Ok(statuses.collect())
}

/// [`up`], over a list of steps: tests bring their own.
pub async fn steps_up(target: &Target, steps: &[Step]) -> Result<Vec<String>, MigrateError> {
    let client = target.open().await?;
    // Looked at first without a lock: most starts find everything done, and a pooler in transaction mode
    // gets no prepared statements from this question.
    if is_current(&applied(&client).await?, steps)? {
        return Ok(Vec::new());
    }
    let lock = lock(target).await?;
    let mut client = client;
    if is_current(&applied(&client).await?, steps)? {
        return Ok(Vec::new());
    }
    let unapplied = |step: &Step| Migration::unapplied(step.name, step.up);
    let migrations: Result<Vec<_>, _> = steps.iter().map(unapplied).collect();
    let runner = Runner::new(&migrations.map_err(|error| refused(&error))?);
    let report = runner.run_async(&mut client).await.map_err(|error| refused(&error))?;
    drop(lock);
    let version_of = |migration: &Migration| i64::from(migration.version());
    let done: Vec<i64> = report.applied_migrations().iter().map(version_of).collect();
    let names = steps.iter().filter(|step| done.contains(&i64::from(step.version)));
    Ok(names.map(|step| step.name.to_owned()).collect())
}

/// [`down`], over a list of steps: tests bring their own.
pub async fn steps_down(target: &Target, steps: &[Step], to: i32) -> Result<Vec<String>, MigrateError> {
    if to != 0 && !steps.iter().any(|step| step.version == to) {
        return Err(MigrateError::NoSuchVersion(to));
    }
    let mut client = target.open().await?;
    let lock = lock(target).await?;
    let applied = applied(&client).await?;
    refuse_newer(&applied, steps)?;
    let is_applied = |step: &&Step| applied.iter().any(|applied| applied.version == step.version);
    let mut done = Vec::new();
    for step in steps.iter().rev().filter(|step| step.version > to).filter(is_applied) {
        take_back(&mut client, step).await.map_err(|error| {
            MigrateError::Refused(format!("{} could not be taken back: {}", step.name, in_full(&error)))
        })?;
        done.push(step.name.to_owned());
    }
    drop(lock);
    Ok(done)
}

/// The step and its row in the history go together or not at all.
async fn take_back(client: &mut Client, step: &Step) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(step.down).await?;
    let forget = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/db/forget_migration.sql"));
    transaction.query_typed(forget, &[(&step.version, Type::INT4)]).await?;
    transaction.commit().await
}

fn is_current(applied: &[StepStatus], steps: &[Step]) -> Result<bool, MigrateError> {
    refuse_newer(applied, steps)?;
    Ok(steps.iter().all(|step| applied.iter().any(|applied| applied.version == step.version)))
}

fn refuse_newer(applied: &[StepStatus], steps: &[Step]) -> Result<(), MigrateError> {
    let schema = applied.iter().map(|step| step.version).max().unwrap_or(0);
    let known = steps.iter().map(|step| step.version).max().unwrap_or(0);
    if schema > known { Err(MigrateError::Newer { schema, known }) } else { Ok(()) }
}

/// What refinery's history says; nothing while there is none.
async fn applied(client: &Client) -> Result<Vec<StepStatus>, DbError> {
    let exists = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/db/has_migrations.sql"));
    let rows = client.query_typed(exists, &[]).await;
    if rows.map_err(|error| DbError::of_query("db/has_migrations", error))?.is_empty() {
        return Ok(Vec::new());
    }
    let list = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/db/applied_migrations.sql"));
    let rows = client.query_typed(list, &[]).await;
    let rows = rows.map_err(|error| DbError::of_query("db/applied_migrations", error))?;
    rows.iter().map(step_of_row).collect()
}

fn step_of_row(row: &Row) -> Result<StepStatus, DbError> {
    let unexpected = |error: tokio_postgres::Error| DbError::Shape(error.to_string());
    Ok(StepStatus {
        version: row.try_get("version").map_err(unexpected)?,
        name: row.try_get("name").map_err(unexpected)?,
        applied_at: row.try_get("applied_on").map_err(unexpected)?,
    })
}

/// Held by a transaction of a connection of its own, which ends when it is dropped: a session's lock would
/// stay behind on a pooler's connection.
struct Lock {
    _transaction: Client,
}

async fn lock(target: &Target) -> Result<Lock, MigrateError> {
    let client = target.open().await?;
    // The transaction idles on purpose, for as long as the migration takes.
    let begin = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0";
    client.batch_execute(begin).await.map_err(|error| DbError::of_query("begin", error))?;
    let query = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/db/try_migration_lock.sql"));
    let started = Instant::now();
    while started.elapsed() < LOCK_LIMIT {
        let rows = client.query_typed(query, &[]).await;
        let rows = rows.map_err(|error| DbError::of_query("db/try_migration_lock", error))?;
        if rows.iter().any(|row| matches!(row.try_get(0), Ok(true))) {
            return Ok(Lock { _transaction: client });
        }
        sleep(LOCK_PAUSE).await;
    }
    Err(MigrateError::Locked)
}

fn refused(error: &refinery::Error) -> MigrateError {
    MigrateError::Refused(in_full(error))
}

/// The error and its causes in one line.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text.replace('\n', ", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &str) -> Vec<String> {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
        let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
        let names = files.filter_map(|name| name.to_str()?.strip_suffix(".sql").map(str::to_owned));
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn the_folder_and_the_list_are_the_same() {
        let mut listed: Vec<_> = STEPS.iter().map(|step| step.name.to_owned()).collect();
        listed.sort();
        assert_eq!(names("migrations"), listed);
        assert_eq!(names("migrations/down"), listed);
    }

    #[test]
    fn versions_count_up_without_gaps() {
        assert!(STEPS.iter().zip(1..).all(|(step, version)| step.version == version));
    }
}
