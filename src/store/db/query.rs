//! A query: the text of one file under `sql/`, with the types of its parameters.
//!
//! The types are declared, so that the same query runs prepared on a direct connection and in one
//! unnamed round trip through a transaction pooler that knows no prepared statements.

use tokio_postgres::types::Type;

/// One query from a file under `sql/`.
#[derive(Debug)]
pub struct Query {
    /// `<module>/<file>` without the ending.
    pub name: &'static str,
    pub text: &'static str,
    pub types: &'static [Type],
    /// Whether it is planned each time, by the values of its parameters, since the plan for any values is many times slower.
    pub planned_anew: bool,
}

impl Query {
    /// The same query, never prepared.
    #[must_use]
    pub const fn planned_anew(self) -> Self {
        Self { planned_anew: true, ..self }
    }
}

/// `query!("journal/read_events"; UUID, INT8)`: the file `sql/journal/read_events.sql`, two parameters.
macro_rules! query {
    ($name:literal; $($type:ident),* $(,)?) => {
        $crate::store::db::Query {
            name: $name,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/", $name, ".sql")),
            types: &[$(tokio_postgres::types::Type::$type),*],
            planned_anew: false,
        }
    };
}
pub(crate) use query;

/// A pattern for LIKE that fits `text` anywhere, with LIKE's own signs taken literally.
#[must_use]
pub fn like_pattern(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}
