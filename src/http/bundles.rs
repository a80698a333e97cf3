//! Runs as files: a bundle out, a bundle in, a bundle played again.

use std::io;
use std::time::Duration;

use futures_util::stream;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::timeout;
use tokio_util::io::StreamReader;
use utoipa::ToSchema;
use warp::Reply as _;

use super::app::SharedApp;
use super::body_decode::{Encoding, decoder};
use super::endpoint::Call;
use super::problem::Problem;
use super::sse::Exclusive;
use super::{Response, body, schema};
use crate::facts::id::RunId;
use crate::flow::bundles::{self, BUNDLE_MAX_BYTES, ExportError, ImportError, Spooled};

pub const MEDIA_TYPE: &str = "application/vnd.telltale.bundle";
/// How long an upload may bring no byte. It may take hours as a whole, as long as it moves.
const BLOCKED_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes taken from the socket at once.
const READ_BYTES: usize = 64 * 1024;
/// What an upload holds in memory.
const UPLOAD_MEMORY_BYTES: usize = 2 * READ_BYTES;
/// The page needs nothing from anywhere.
const NOTHING_ELSE: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
);
/// How much faster or slower a replay may be than the run was.
const SPEED_MIN: f64 = 0.01;
const SPEED_MAX: f64 = 10_000.0;

/// The run that a bundle is played as.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replayed {
    #[schema(value_type = String)]
    run_id: RunId,
    speed: f64,
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::NoSuchRun => Self::no_such_run(),
            ExportError::Db(error) => error.into(),
            ExportError::Lines(error) => error.into(),
            ExportError::Artifact(error) => error.into(),
            ExportError::Io(_) | ExportError::Gone => Self::internal(error.to_string()),
        }
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        let said = error.to_string();
        match error {
            ImportError::Broken(fault) => {
                Self::new(StatusCode::BAD_REQUEST, "broken-bundle", said).with_member("offset", fault.offset)
            }
            ImportError::Differs(run) => {
                Self::new(StatusCode::CONFLICT, "run-differs", said).with_member("runId", run.as_str())
            }
            ImportError::Reserved(..) => Self::invalid_at("/runId", said),
            ImportError::Busy(_) => Self::new(StatusCode::CONFLICT, "import-busy", said),
            ImportError::Db(error) => error.into(),
            ImportError::Append(error) => error.into(),
            ImportError::Lines(error) => error.into(),
            ImportError::Artifact(error) => error.into(),
            ImportError::Io(_) => not_kept(&said),
        }
    }
}

/// GET /api/v1/runs/{runId}/bundle
pub async fn export(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let html: Option<bool> = query.parsed("html");
    query.check()?;
    let run_id = call.head.run_id()?;
    let organization = call.head.organization();
    if html == Some(true) {
        let page = bundles::page(&app.core, organization, &run_id).await?;
        let mut response = as_file(Response::new(page.into()), &run_id, "text/html; charset=utf-8", "html");
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, NOTHING_ELSE);
        return Ok(response);
    }
    let blocks = bundles::export(&app.core, organization, run_id.clone()).await?.start();
    let body = stream::unfold(blocks, async |mut blocks| Some((blocks.recv().await?, blocks)));
    let response = warp::reply::stream(Exclusive::new(Box::pin(body))).into_response();
    Ok(as_file(response, &run_id, MEDIA_TYPE, "telltale"))
}

fn as_file(mut response: Response, run_id: &RunId, mime: &'static str, ending: &str) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
    // A run id needs no quoting; a colon is no letter of a file name everywhere.
    let name = run_id.as_str().replace(':', "_");
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{ending}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}

/// POST /api/v1/import
pub async fn import(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let dry_run: Option<bool> = query.parsed("dryRun");
    query.check()?;
    let organization = call.head.organization();
    let file = spooled(&app, call).await?;
    let imported = bundles::import(&app.core, organization, file, dry_run.unwrap_or(false)).await?;
    let mut response = schema::json(&imported);
    if imported.created && !imported.dry_run {
        *response.status_mut() = StatusCode::CREATED;
        locate(&mut response, &imported.run_id);
    }
    Ok(response)
}

/// POST /api/v1/replay
pub async fn replay(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let speed: f64 = query.parsed("speed").unwrap_or(1.0);
    if !(SPEED_MIN..=SPEED_MAX).contains(&speed) {
        query.fault("speed", format!("is a number from {SPEED_MIN} to {SPEED_MAX}"));
    }
    query.check()?;
    let organization = call.head.organization();
    let file = spooled(&app, call).await?;
    let run_id = bundles::replay(&app.core, organization, file, speed).await?;
    let mut response = schema::json(&Replayed { run_id: run_id.clone(), speed });
    *response.status_mut() = StatusCode::CREATED;
    locate(&mut response, &run_id);
    Ok(response)
}

fn locate(response: &mut Response, run_id: &RunId) {
    if let Ok(location) = HeaderValue::from_str(&format!("/api/v1/runs/{run_id}")) {
        response.headers_mut().insert(LOCATION, location);
    }
}

/// The body as a file on disk.
async fn spooled(app: &SharedApp, call: Call) -> Result<Spooled, Problem> {
    let encoding = Encoding::of(&call.head.headers)?;
    let _share = app.bodies.reserve(UPLOAD_MEMORY_BYTES)?;
    let failed = |error: io::Error| not_kept(&error.to_string());
    let mut spooling = app.core.bundles.spool().await.map_err(failed)?;
    let mut body = decoder(encoding, StreamReader::new(call.chunks));
    let mut buffer = Vec::with_capacity(READ_BYTES);
    // Ends with the body, or at the largest size.
    while read_some(&mut body, &mut buffer).await? {
        if !spooling.write(&buffer).await.map_err(failed)? {
            return Err(Problem::too_large(format!("a bundle is at most {BUNDLE_MAX_BYTES} bytes")));
        }
        buffer.clear();
    }
    spooling.complete().await.map_err(failed)
}

/// Whether there was more; a body that stands still is given up.
async fn read_some(body: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Result<bool, Problem> {
    let mut limited = body.take(READ_BYTES as u64);
    match timeout(BLOCKED_TIMEOUT, limited.read_buf(buffer)).await {
        Ok(Ok(count)) => Ok(count > 0),
        Ok(Err(error)) => Err(body::broken(&error)),
        Err(_) => Err(body::too_slow(BLOCKED_TIMEOUT)),
    }
}

fn not_kept(inside: &str) -> Problem {
    Problem::unavailable("bundles can't be kept now; sending the same again is safe", inside)
}
