//! AutomateOS's database, PostgreSQL or a file of SQLite, some executions at a time.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::automateos::{LogRow, past_run, run_id};
use super::postgres::Session;
use super::{PastRun, SourceError};
use crate::facts::id::RunId;
use crate::facts::time::Timestamp;

const COUNT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/historic/automateos_count.sql"));
const LOGS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/historic/automateos_logs.sql"));
const LOGS_SQLITE: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/historic/automateos_logs_sqlite.sql"));

/// Executions read at once: a few events each.
const LOGS_PER_PAGE: i64 = 200;
/// Columns that hold JSON, which SQLite keeps as texts.
const JSON_COLUMNS: [&str; 2] = ["payload", "result"];

enum Database {
    Postgres(Session),
    Sqlite(Connection),
}

/// The database, and how far it has been read.
pub struct AutomateosSource {
    database: Database,
    after: i64,
    stale_before: Timestamp,
}

impl AutomateosSource {
    /// `source` is a URL of PostgreSQL or the path of a file.
    pub async fn open(source: &str, stale_before: Timestamp) -> Result<Self, SourceError> {
        let database = if source.contains("://") {
            let session = Session::open(source).await?;
            if !session.has_table("executionlog").await? {
                return Err(unfit("it has no table `executionlog`"));
            }
            Database::Postgres(session)
        } else {
            Database::Sqlite(open_file(Path::new(source))?)
        };
        Ok(Self { database, after: i64::MIN, stale_before })
    }

    pub async fn total(&self) -> Result<u64, SourceError> {
        match &self.database {
            Database::Postgres(session) => session.count(COUNT).await,
            Database::Sqlite(connection) => connection
                .query_row(COUNT, [], |row| row.get::<_, i64>(0))
                .map(i64::unsigned_abs)
                .map_err(broken),
        }
    }

    /// The next executions; none at the end.
    pub async fn next_page(&mut self) -> Result<Vec<PastRun>, SourceError> {
        let rows = match &self.database {
            Database::Postgres(session) => {
                let texts = session.json(LOGS, &[&self.after, &LOGS_PER_PAGE]).await?;
                let read = |text: &String| {
                    serde_json::from_str(text).map_err(|error| SourceError::Broken(error.to_string()))
                };
                texts.iter().map(read).collect::<Result<Vec<Value>, _>>()?
            }
            Database::Sqlite(connection) => rows_of(connection, self.after)?,
        };
        if let Some(last) = rows.last().and_then(|row| row.get("id")).and_then(Value::as_i64) {
            self.after = last;
        }
        Ok(rows.into_iter().map(|row| self.past_run(row)).collect())
    }

    fn past_run(&self, row: Value) -> PastRun {
        let id = row.get("id").and_then(Value::as_i64).unwrap_or_default();
        let named = run_id(id).parse().unwrap_or_else(|_| RunId::generated(Uuid::nil()));
        match serde_json::from_value::<LogRow>(row) {
            Ok(log) => past_run(named, log, self.stale_before),
            Err(error) => {
                let mut past = PastRun::new(named);
                past.fault(format!("executionlog {id}"), error.to_string());
                past
            }
        }
    }
}

fn open_file(path: &Path) -> Result<Connection, SourceError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)
        .map_err(|error| SourceError::Unfit(format!("{} can't be opened: {error}", path.display())))?;
    connection.query_row(COUNT, [], |_| Ok(())).map_err(|error| unfit(&error.to_string()))?;
    Ok(connection)
}

fn rows_of(connection: &Connection, after: i64) -> Result<Vec<Value>, SourceError> {
    let mut statement = connection.prepare(LOGS_SQLITE).map_err(broken)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query((after, LOGS_PER_PAGE)).map_err(broken)?;
    let mut read = Vec::new();
    while let Some(row) = rows.next().map_err(broken)? {
        read.push(row_of(row, &names).map_err(broken)?);
    }
    Ok(read)
}

fn row_of(row: &Row<'_>, names: &[String]) -> Result<Value, rusqlite::Error> {
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
    let name = fields.remove("workflow_name").unwrap_or_default();
    fields.insert("workflow".into(), json!({ "name": name }));
    Ok(fields.into())
}

fn unfit(reason: &str) -> SourceError {
    SourceError::Unfit(format!("this is no database of AutomateOS: {reason}"))
}

fn broken(error: rusqlite::Error) -> SourceError {
    SourceError::Broken(error.to_string())
}
