//! What the commands that list things share: a page of it, for people or for programs.

use std::io;

use serde::Serialize;

use super::watch::say;

/// Prints a page: one JSON object a line, or as the table that is made of it. An empty one prints nothing.
pub(super) fn say_page<T: Serialize>(
    rows: &[T],
    as_json: bool,
    table: impl FnOnce(&[T]) -> String,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    if !as_json {
        return say(&table(rows));
    }
    let lines = rows.iter().filter_map(|row| serde_json::to_string(row).ok());
    say(&lines.map(|line| line + "\n").collect::<String>())
}
