//! Databases of a server, made and dropped: one for each test, cloned from a template.
//!
//! Names can't be parameters of such statements, so that these are the only ones not under `sql/`.

use std::time::Duration;

use tokio::time::sleep;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use crate::store::db::{DbError, Target};

/// A template can't be cloned while somebody is connected to it; a connection that was just dropped is gone
/// in milliseconds.
const BUSY_PAUSE: Duration = Duration::from_millis(20);
const BUSY_TRIES: usize = 250;

/// Creates `name` on the server of `target`: a copy of `template`, an empty database without one.
pub async fn create_database(target: &Target, name: &str, template: Option<&str>) -> Result<(), DbError> {
    let source = template.map(|template| format!(" TEMPLATE {}", quoted(template))).unwrap_or_default();
    let text = format!("CREATE DATABASE {}{source}", quoted(name));
    let client = maintenance(target).open().await?;
    for _ in 0..BUSY_TRIES {
        match client.batch_execute(&text).await {
            Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) => sleep(BUSY_PAUSE).await,
            other => return other.map_err(|error| DbError::of_query("create database", error)),
        }
    }
    Err(DbError::Unreachable(format!("database {name} can't be cloned while others use its template")))
}

/// Drops `name`, cutting off whoever is connected; it need not be there.
pub async fn drop_database(target: &Target, name: &str) -> Result<(), DbError> {
    let text = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name));
    let client = maintenance(target).open().await?;
    client.batch_execute(&text).await.map_err(|error| DbError::of_query("drop database", error))
}

/// Whether the server of `target` has a database of this name.
pub async fn database_exists(target: &Target, name: &str) -> Result<bool, DbError> {
    let client = maintenance(target).open().await?;
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/db/database_exists.sql"));
    let rows = client.query_typed(text, &[(&name, Type::TEXT)]).await;
    Ok(!rows.map_err(|error| DbError::of_query("db/database_exists", error))?.is_empty())
}

/// Such statements are sent from the database that every server has.
fn maintenance(target: &Target) -> Target {
    target.with_database("postgres")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
