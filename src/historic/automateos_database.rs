//! AutomateOS's tables, in PostgreSQL or in a file of SQLite, as rows of JSON. Only read.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Params, Row};
use serde_json::{Map, Value};

use super::SourceError;
use super::postgres::Session;

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), $name))
    };
}
const COUNT: &str = sql!("/sql/historic/automateos_count.sql");
const LOGS: &str = sql!("/sql/historic/automateos_logs.sql");
const LOGS_SQLITE: &str = sql!("/sql/historic/automateos_logs_sqlite.sql");
const WORKFLOWS: &str = sql!("/sql/historic/automateos_workflows.sql");
const WORKFLOWS_SQLITE: &str = sql!("/sql/historic/automateos_workflows_sqlite.sql");
const USERS: &str = sql!("/sql/historic/automateos_users.sql");
const USERS_SQLITE: &str = sql!("/sql/historic/automateos_users_sqlite.sql");
const HAS_TABLE_SQLITE: &str = sql!("/sql/historic/has_table_sqlite.sql");

/// Columns that hold JSON, which SQLite keeps as texts.
const JSON_COLUMNS: [&str; 3] = ["payload", "result", "definition"];
/// Without these two there is nothing to import.
const NEEDED: [&str; 2] = ["executionlog", "workflow"];

/// A row by its columns.
pub type Fields = Map<String, Value>;

pub enum Database {
    Postgres(Session),
    Sqlite(Connection),
}

impl Database {
    /// `source` is a URL of PostgreSQL or the path of a file.
    pub async fn open(source: &str) -> Result<Self, SourceError> {
        let database = if source.contains("://") {
            Self::Postgres(Session::open(source).await?)
        } else {
            Self::Sqlite(open_file(Path::new(source))?)
        };
        for table in NEEDED {
            if !database.has_table(table).await? {
                return Err(unfit(&format!("it has no table `{table}`")));
            }
        }
        Ok(database)
    }

    async fn has_table(&self, name: &str) -> Result<bool, SourceError> {
        match self {
            Self::Postgres(session) => session.has_table(name).await,
            // The first that is asked of a file, which may be anything.
            Self::Sqlite(connection) => connection
                .query_row(HAS_TABLE_SQLITE, [name], |row| row.get(0))
                .map_err(|error| unfit(&error.to_string())),
        }
    }

    /// How many executions there are.
    pub async fn count(&self) -> Result<u64, SourceError> {
        match self {
            Self::Postgres(session) => session.count(COUNT).await,
            Self::Sqlite(connection) => connection
                .query_row(COUNT, [], |row| row.get::<_, i64>(0))
                .map(i64::unsigned_abs)
                .map_err(broken),
        }
    }

    /// The next executions by id.
    pub async fn logs(&self, after: i64, most: i64) -> Result<Vec<Fields>, SourceError> {
        match self {
            Self::Postgres(session) => read(session.json(LOGS, &[&after, &most]).await?),
            Self::Sqlite(connection) => rows_of(connection, LOGS_SQLITE, (after, most)),
        }
    }

    /// All workflows, each with its `newest_execution`.
    pub async fn workflows(&self) -> Result<Vec<Fields>, SourceError> {
        match self {
            Self::Postgres(session) => read(session.json(WORKFLOWS, &[]).await?),
            Self::Sqlite(connection) => rows_of(connection, WORKFLOWS_SQLITE, ()),
        }
    }

    /// All users; none where there is no such table.
    pub async fn users(&self) -> Result<Vec<Fields>, SourceError> {
        if !self.has_table("user").await? {
            return Ok(Vec::new());
        }
        match self {
            Self::Postgres(session) => read(session.json(USERS, &[]).await?),
            Self::Sqlite(connection) => rows_of(connection, USERS_SQLITE, ()),
        }
    }
}

fn read(texts: Vec<String>) -> Result<Vec<Fields>, SourceError> {
    let read =
        |text: &String| serde_json::from_str(text).map_err(|error| SourceError::Broken(error.to_string()));
    texts.iter().map(read).collect()
}

fn open_file(path: &Path) -> Result<Connection, SourceError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
        .map_err(|error| SourceError::Unfit(format!("{} can't be opened: {error}", path.display())))
}

fn rows_of(connection: &Connection, query: &str, params: impl Params) -> Result<Vec<Fields>, SourceError> {
    let mut statement = connection.prepare(query).map_err(broken)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query(params).map_err(broken)?;
    let mut read = Vec::new();
    while let Some(row) = rows.next().map_err(broken)? {
        read.push(row_of(row, &names).map_err(broken)?);
    }
    Ok(read)
}

fn row_of(row: &Row<'_>, names: &[String]) -> Result<Fields, rusqlite::Error> {
    let mut fields = Map::new();
    for (place, name) in names.iter().enumerate() {
        let value = match row.get_ref(place)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => number.into(),
            ValueRef::Real(number) => number.into(),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                let text = String::from_utf8_lossy(bytes).into_owned();
                if JSON_COLUMNS.contains(&name.as_str()) {
                    serde_json::from_str(&text).unwrap_or(Value::String(text))
                } else {
                    Value::String(text)
                }
            }
        };
        fields.insert(name.clone(), value);
    }
    Ok(fields)
}

fn unfit(reason: &str) -> SourceError {
    SourceError::Unfit(format!("this is no database of AutomateOS: {reason}"))
}

fn broken(error: rusqlite::Error) -> SourceError {
    SourceError::Broken(error.to_string())
}
