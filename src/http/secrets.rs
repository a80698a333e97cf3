//! Secrets: put, listed by name, deleted; their values go to nobody but the worker that holds a run's claim.
//!
//! No answer and no fault repeats a value, so bodies are read by shapes whose errors are worded here.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::SharedApp;
use super::endpoint::Call;
use super::problem::Problem;
use super::{Response, body, schema};
use crate::facts::event_input::Fault;
use crate::facts::id::RunId;
use crate::facts::secret::{SECRET_MAX_BYTES, SECRET_MIN_BYTES, SecretName};
use crate::facts::time::Timestamp;
use crate::flow::ingest::BodyFormat;
use crate::flow::secrets::{self, SecretsError};
use crate::store::secrets::SecretRow;

/// Largest page of names, and the one that is given unasked: an installation has dozens.
const SECRETS_PAGE_MAX: u32 = 1_000;
const SECRETS_PAGE: u32 = 200;
/// Most secrets asked for at once: a node has a handful, and their values are in memory together.
const NAMES_MAX: usize = 100;

/// A secret's value, on its way in only.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSecret {
    /// 4 bytes to 48 KiB of text without U+0000.
    value: String,
}

/// A secret as it may be seen.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    #[schema(value_type = String, pattern = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")]
    name: SecretName,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretPage {
    secrets: Vec<Secret>,
    /// Where to go on; null on the last page.
    #[schema(value_type = Option<String>)]
    next_after: Option<SecretName>,
}

/// What a worker asks for.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretsClaim {
    #[schema(value_type = String)]
    run_id: RunId,
    /// The number of the claim that the worker holds.
    claim: i32,
    #[schema(value_type = Vec<String>)]
    names: Vec<SecretName>,
}

#[derive(Serialize, ToSchema)]
pub struct ClaimedSecrets {
    /// The values by their names.
    #[schema(value_type = BTreeMap<String, String>)]
    secrets: BTreeMap<SecretName, String>,
}

impl From<SecretRow> for Secret {
    fn from(row: SecretRow) -> Self {
        Self { name: row.name, created_at: row.created_at, updated_at: row.updated_at }
    }
}

impl From<SecretsError> for Problem {
    fn from(error: SecretsError) -> Self {
        let said = error.to_string();
        match error {
            SecretsError::NoSuchRun => Self::no_such_run(),
            SecretsError::ClaimLost => Self::new(StatusCode::CONFLICT, "claim-lost", said),
            SecretsError::Missing(names) => named(StatusCode::NOT_FOUND, "no-such-secret", said, &names),
            // Not for the worker to mend, and the same tomorrow: no 500, which it would try again.
            SecretsError::SealedOtherwise(names) => {
                named(StatusCode::UNPROCESSABLE_ENTITY, "secret-sealed-otherwise", said, &names)
            }
            SecretsError::Db(error) => error.into(),
        }
    }
}

/// A problem that lists the secrets it is about.
fn named(status: StatusCode, kind: &'static str, said: String, names: &[SecretName]) -> Problem {
    let names: Vec<&str> = names.iter().map(SecretName::as_str).collect();
    Problem::new(status, kind, said).with_member("names", names)
}

/// PUT /api/v1/secrets/{name}
pub async fn put(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let name: SecretName =
        call.head.params.get(0).parse().map_err(|error| Problem::invalid_at("/name", format!("{error}")))?;
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let value = parse_value(&body.bytes, body.format)?;
    let organization = call.head.organization();
    let (row, is_new) = secrets::put(&app.core.db, &app.core.vault, organization, &name, &value).await?;
    let mut response = schema::json(&Secret::from(row));
    *response.status_mut() = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(response)
}

fn parse_value(bytes: &[u8], format: BodyFormat) -> Result<String, Problem> {
    if format != BodyFormat::Json {
        let detail = "a secret is one JSON object; the content type must be application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail));
    }
    // serde's own words might quote what was sent.
    let NewSecret { value } = serde_json::from_slice(bytes)
        .map_err(|_| Problem::invalid_at("", "is not {\"value\": \"…\"} with a text and nothing else"))?;
    let fault =
        |detail: String, is_size| Problem::invalid(vec![Fault { pointer: "/value".into(), detail, is_size }]);
    if value.len() > SECRET_MAX_BYTES {
        return Err(fault(format!("is longer than {SECRET_MAX_BYTES} bytes"), true));
    }
    if value.len() < SECRET_MIN_BYTES {
        return Err(fault(format!("is shorter than {SECRET_MIN_BYTES} bytes"), false));
    }
    if value.contains('\0') {
        return Err(fault("holds U+0000, which no environment variable can".into(), false));
    }
    Ok(value)
}

/// GET /api/v1/secrets
pub async fn list(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let limit = query.limit(SECRETS_PAGE_MAX, SECRETS_PAGE);
    let after: Option<SecretName> = query.parsed("after");
    query.check()?;
    let after = after.as_ref().map(SecretName::as_str);
    // One more than asked for tells whether there is another page.
    let mut page =
        crate::store::secrets::list(&call.head.db(&app), call.head.organization(), after, limit + 1).await?;
    let has_more = page.len() > limit as usize;
    page.truncate(limit as usize);
    let next_after = page.last().filter(|_| has_more).map(|row| row.name.clone());
    Ok(schema::json(&SecretPage { secrets: page.into_iter().map(Secret::from).collect(), next_after }))
}

/// DELETE /api/v1/secrets/{name}
pub async fn delete(app: SharedApp, call: Call) -> Result<Response, Problem> {
    // What is no name names no secret.
    let name = call.head.params.get(0).parse::<SecretName>().map_err(|_| no_such_secret())?;
    if !crate::store::secrets::delete(&app.core.db, call.head.organization(), &name).await? {
        return Err(no_such_secret());
    }
    let mut response = Response::new(Default::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

fn no_such_secret() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such secret")
}

/// POST /api/v1/claims/secrets
pub async fn claim(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let SecretsClaim { run_id, claim, names } = serde_json::from_slice(&body.bytes)
        .map_err(|error| Problem::invalid_at("", format!("is not {{runId, claim, names}}: {error}")))?;
    if names.len() > NAMES_MAX {
        return Err(Problem::invalid_at("/names", format!("are more than {NAMES_MAX}")));
    }
    let organization = call.head.organization();
    let secrets =
        secrets::reveal(&app.core.db, &app.core.vault, organization, &run_id, claim, &names).await?;
    Ok(schema::json(&ClaimedSecrets { secrets }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Problem {
        parse_value(text.as_bytes(), BodyFormat::Json).unwrap_err()
    }

    #[test]
    fn a_value_has_its_bounds() {
        let of = |value: &str| serde_json::json!({ "value": value }).to_string();
        let read = |value: &str| parse_value(of(value).as_bytes(), BodyFormat::Json);
        assert_eq!(read("äö").unwrap(), "äö");
        assert!(read(&"x".repeat(SECRET_MAX_BYTES)).is_ok());
        assert_eq!(refused(&of(&"x".repeat(SECRET_MAX_BYTES + 1))).status, StatusCode::PAYLOAD_TOO_LARGE);
        for bad in ["abc", "", "a\0bcd"] {
            let problem = refused(&of(bad));
            assert_eq!((problem.status.as_u16(), problem.errors[0].pointer.as_str()), (400, "/value"));
        }
        assert_eq!(
            parse_value(b"{}\n", BodyFormat::Ndjson).unwrap_err().status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE
        );
    }

    #[test]
    fn no_fault_repeats_what_was_sent() {
        for text in ["\"s3cret\"", "{\"value\":[\"s3cret\"]}", "{\"s3cret\":1}", "{\"value\":\"s3cret\""] {
            let problem = refused(text);
            assert!(!format!("{problem:?}").contains("s3cret"), "{problem:?}");
        }
    }
}
