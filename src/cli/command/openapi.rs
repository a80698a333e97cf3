//! `telltale openapi`: the document that a server gives at `/openapi.json`, without one.

use crate::cli::failure::{DONE, Failure};
use crate::http::openapi;

use super::watch::say;

pub(crate) fn openapi() -> Result<u8, Failure> {
    say(&format!("{}\n", openapi::document().trim_end()))?;
    Ok(DONE)
}
