//! How the facts' types travel to PostgreSQL and back.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

use crate::facts::time::Timestamp;

/// Microseconds from the Unix epoch to PostgreSQL's, 2000-01-01.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

type Outcome<T> = Result<T, Box<dyn Error + Sync + Send>>;

impl ToSql for Timestamp {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Outcome<IsNull> {
        out.put_i64(self.as_micros() - POSTGRES_EPOCH_MICROS);
        Ok(IsNull::No)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Timestamp {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Outcome<Self> {
        let micros = i64::from_be_bytes(raw.try_into()?).checked_add(POSTGRES_EPOCH_MICROS);
        micros.and_then(Self::from_micros).ok_or_else(|| "time is out of range".into())
    }

    accepts!(TIMESTAMPTZ);
}
