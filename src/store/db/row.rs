//! Columns of a row, read by their place.

use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::DbError;

/// The column at `index`; another type than expected is a defect or a foreign schema.
pub fn column<'r, T: FromSql<'r>>(row: &'r Row, index: usize) -> Result<T, DbError> {
    row.try_get(index).map_err(|error| DbError::Shape(error.to_string()))
}

/// A text column read by its type's `FromStr`.
pub fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(row: &Row, index: usize) -> Result<T, DbError> {
    column::<&str>(row, index)?.parse().map_err(|error: T::Err| DbError::Shape(error.to_string()))
}

/// A count or a seq, which the schema keeps from being negative.
pub fn number(row: &Row, index: usize) -> Result<u64, DbError> {
    Ok(column::<i64>(row, index)?.unsigned_abs())
}
