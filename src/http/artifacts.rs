//! Artifacts: taken in as they stream, listed, and given back as attachments that no browser runs.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, HeaderValue, LOCATION,
};
use http::{HeaderMap, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::timeout;
use tokio_util::io::StreamReader;
use utoipa::ToSchema;
use uuid::Uuid;
use warp::Reply as _;

use super::app::SharedApp;
use super::body_decode::{Encoding, decoder};
use super::claims::claim_of;
use super::cursor::{artifact_cursor, parse_artifact_cursor};
use super::endpoint::{Call, Head};
use super::problem::Problem;
use super::range::{Wanted, wanted};
use super::sse::Exclusive;
use super::{Response, body, library, preview, schema};
use crate::facts::artifact::{
    ARTIFACT_MAX_BYTES, ArtifactName, ArtifactPlace, MEDIA_TYPE_MAX_BYTES, MEDIA_TYPE_UNKNOWN,
};
use crate::facts::event_input::ATTEMPT_MAX;
use crate::facts::id::NodeRef;
use crate::flow::artifacts::{self, Artifact, ArtifactError, OnMislabelled, Upload, hex};
use crate::flow::inputs;
use crate::store::artifacts::ArtifactRow;
use crate::store::objects::ObjectError;
use crate::store::runs;

/// Largest page of a run's artifacts, and the one that is given unasked.
const ARTIFACTS_PAGE_MAX: u32 = 1_000;
const ARTIFACTS_PAGE: u32 = 100;
/// How long an upload may bring no byte. It may take hours as a whole, as long as it moves.
const BLOCKED_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes taken from the socket, or from the decoder, at once.
const READ_BYTES: usize = 64 * 1024;
/// An artifact that is shown after all gets no scripts, no origin and nothing from elsewhere.
pub(super) const NOTHING_RUNS: HeaderValue =
    HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'");
/// What may stand unescaped in `filename*` (RFC 8187).
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactPage<'a> {
    artifacts: Vec<Artifact<'a>>,
    /// Null on the last page.
    next_cursor: Option<String>,
}

impl From<ArtifactError> for Problem {
    fn from(error: ArtifactError) -> Self {
        let said = error.to_string();
        match error {
            ArtifactError::NoSuchRun => Self::no_such_run(),
            // Without Retry-After, whose second would be long: it is a matter of milliseconds.
            ArtifactError::NotYet => Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", said),
            ArtifactError::TooLarge => Self::too_large(said),
            ArtifactError::Mislabelled(_) => {
                let detail = format!("{said}; name its type, or send it as {MEDIA_TYPE_UNKNOWN}");
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "mislabelled", detail)
            }
            ArtifactError::Differs(id) => {
                let mut problem = Self::conflict(said).with_member("artifactId", id.to_string());
                problem.kind = "artifact-differs";
                problem
            }
            ArtifactError::Object(ObjectError::Missing) => {
                // Recorded by a server with another data directory, or taken away by hand.
                let detail = "the artifact is recorded, but its content is not kept by this server";
                Self::new(StatusCode::NOT_FOUND, "content-missing", detail).with_inside(said)
            }
            ArtifactError::Object(error) => Self::unavailable(
                "artifacts can't be stored or read now; sending the same again is safe",
                error.to_string(),
            ),
            ArtifactError::Db(error) => error.into(),
            ArtifactError::Append(error) => error.into(),
        }
    }
}

/// POST /api/v1/runs/{runId}/artifacts
pub async fn upload(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let (place, on_mislabelled) = asked(&call.head)?;
    let media_type = media_type(&call.head.headers)?;
    let claim = claim_of(&call.head)?;
    let encoding = Encoding::of(&call.head.headers)?;
    if encoding == Encoding::Identity && announced(&call.head.headers) > ARTIFACT_MAX_BYTES {
        return Err(ArtifactError::TooLarge.into());
    }
    let run_id = call.head.run_id()?;
    let _share = app.bodies.reserve(app.core.objects.upload_bytes() + READ_BYTES)?;
    let mut upload =
        Upload::begin(&app.core, call.head.organization(), run_id.clone(), place, media_type, claim)
            .await?
            .on_mislabelled(on_mislabelled);
    let mut body = decoder(encoding, StreamReader::new(call.chunks));
    let mut buffer = Vec::with_capacity(READ_BYTES);
    // Ends with the body, or at the largest size.
    while read_some(&mut body, &mut buffer).await? {
        if let Err(error) = upload.write(&buffer).await {
            body::discard(&mut body).await;
            return Err(error.into());
        }
        buffer.clear();
    }
    drop(body);
    let stored = upload.finish(&app.core).await?;
    let mut response = schema::json(&Artifact::from(&stored.row));
    *response.status_mut() = if stored.is_new { StatusCode::CREATED } else { StatusCode::OK };
    let location = format!("/api/v1/runs/{run_id}/artifacts/{}", stored.row.artifact_id);
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
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

/// Where it belongs, and what becomes of it if it is not what it says.
fn asked(head: &Head) -> Result<(ArtifactPlace, OnMislabelled), Problem> {
    let mut query = head.query();
    let on_mislabelled = match query.text("mislabelled") {
        None | Some("refuse") => OnMislabelled::Refuse,
        Some("keep") => OnMislabelled::Keep,
        Some(_) => {
            query.fault("mislabelled", "is refuse or keep");
            OnMislabelled::Refuse
        }
    };
    let name: Option<ArtifactName> = query.parsed("name");
    let node_ref: Option<NodeRef> = query.parsed("nodeRef");
    let attempt =
        query.number("attempt", 1..=u64::from(ATTEMPT_MAX)).and_then(|attempt| u32::try_from(attempt).ok());
    if query.text("name").is_none() {
        query.fault("name", "is missing");
    }
    if attempt.is_some() && node_ref.is_none() {
        query.fault("attempt", "is nobody's without a nodeRef");
    }
    if node_ref.as_ref().is_some_and(|node| node.as_str().contains('\0')) {
        query.fault("nodeRef", "holds U+0000");
    }
    query.check()?;
    let name = name.ok_or_else(|| Problem::invalid_at("?name", "is missing"))?;
    // As with log lines, a node's first attempt is meant where none is named.
    let attempt = attempt.or(node_ref.as_ref().map(|_| 1));
    Ok((ArtifactPlace { name, node_ref, attempt }, on_mislabelled))
}

fn media_type(headers: &HeaderMap) -> Result<String, Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(MEDIA_TYPE_UNKNOWN.to_owned()) };
    match value.to_str().map(str::trim) {
        Ok("") => Ok(MEDIA_TYPE_UNKNOWN.to_owned()),
        Ok(text) if text.len() <= MEDIA_TYPE_MAX_BYTES => Ok(text.to_owned()),
        _ => {
            let detail = format!("is at most {MEDIA_TYPE_MAX_BYTES} bytes of visible ASCII");
            Err(Problem::invalid_at("Content-Type", detail))
        }
    }
}

fn announced(headers: &HeaderMap) -> u64 {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

/// GET /api/v1/runs/{runId}/artifacts
pub async fn list(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let limit = query.limit(ARTIFACTS_PAGE_MAX, ARTIFACTS_PAGE);
    let node_ref: Option<NodeRef> = query.parsed("nodeRef");
    let after = match query.text("cursor") {
        Some(text) => Some(parse_artifact_cursor(text)?),
        None => None,
    };
    if node_ref.as_ref().is_some_and(|node| node.as_str().contains('\0')) {
        query.fault("nodeRef", "holds U+0000");
    }
    query.check()?;
    let run_id = call.head.run_id()?;
    let (db, organization) = (&call.head.db(&app), call.head.organization());
    let run = runs::find(db, organization, &run_id).await?.ok_or_else(Problem::no_such_run)?;
    // One more than asked for tells whether there is another page.
    let mut page =
        crate::store::artifacts::list(db, organization, run.run_key, after, node_ref.as_ref(), limit + 1)
            .await?;
    let has_more = page.len() > limit as usize;
    page.truncate(limit as usize);
    let next_cursor =
        page.last().filter(|_| has_more).map(|row| artifact_cursor(row.created_at, row.artifact_id));
    Ok(schema::json(&ArtifactPage { artifacts: page.iter().map(Artifact::from).collect(), next_cursor }))
}

/// GET /api/v1/runs/{runId}/artifacts/{artifactId}; HEAD comes here too, and hyper leaves the body out.
pub async fn download(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let run_id = call.head.run_id()?;
    let artifact_id: Uuid = call.head.params.get(1).parse().map_err(|_| no_such_artifact())?;
    let organization = call.head.organization();
    let row = artifacts::find(&app.core, organization, &run_id, artifact_id).await?;
    let Some(row) = row else {
        let promised = inputs::is_promised(&app.core, organization, &run_id, artifact_id).await?;
        return Err(if promised { ArtifactError::NotYet.into() } else { no_such_artifact() });
    };
    let mut query = call.head.query();
    let (preview, url) = (query.flag("preview", false), query.flag("url", false));
    query.check()?;
    if url {
        return library::signed_url(&app, organization, &row).await;
    }
    if preview {
        return preview::show(&app, organization, &row).await;
    }
    let etag = format!("\"{}\"", hex(&row.sha256));
    let (status, range) = match wanted(&call.head.headers, row.bytes, &etag) {
        Wanted::Whole => (StatusCode::OK, 0..row.bytes),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Unsatisfiable => {
            let problem = Problem::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "range-not-satisfiable",
                format!("the artifact has {} bytes", row.bytes),
            );
            return Err(problem.with_header(CONTENT_RANGE, &format!("bytes */{}", row.bytes)));
        }
        Wanted::NotModified => {
            let mut response = Response::default();
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            insert(response.headers_mut(), ETAG, &etag);
            return Ok(response);
        }
    };
    let chunks = artifacts::read(&app.core, organization, &row, range.clone()).await?;
    // A body that ends before its announced length breaks the connection, which is what a broken file should do.
    let whole_chunks = stream::unfold(chunks, async |mut chunks| match chunks.next().await {
        Some(Ok(chunk)) => Some((Ok::<Bytes, Infallible>(chunk), chunks)),
        Some(Err(error)) => {
            tracing::warn!(%error, "a download broke off");
            None
        }
        None => None,
    });
    let mut response = warp::reply::stream(Exclusive::new(Box::pin(whole_chunks))).into_response();
    *response.status_mut() = status;
    let headers = response.headers_mut();
    describe(headers, &row, &etag);
    insert(headers, CONTENT_LENGTH, &(range.end - range.start).to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        let last = range.end.saturating_sub(1);
        insert(headers, CONTENT_RANGE, &format!("bytes {}-{last}/{}", range.start, row.bytes));
    }
    Ok(response)
}

/// The headers of a download, whole or part; the shell adds `nosniff`.
fn describe(headers: &mut HeaderMap, row: &ArtifactRow, etag: &str) {
    insert(headers, CONTENT_TYPE, &row.media_type);
    insert(headers, CONTENT_DISPOSITION, &disposition(row.place.name.as_str()));
    insert(headers, ETAG, etag);
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CONTENT_SECURITY_POLICY, NOTHING_RUNS);
}

pub(super) fn insert(headers: &mut HeaderMap, name: http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// To be saved, under the last part of its name: whole for those who know `filename*`, in plain letters for all others.
pub(super) fn disposition(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or("artifact");
    let last = if last.chars().all(|c| c == '.') { "artifact" } else { last };
    let plain: String =
        last.chars().map(|c| if c.is_ascii_alphanumeric() || "-._ ".contains(c) { c } else { '_' }).collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(last, ATTRIBUTE))
}

fn no_such_artifact() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such artifact")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_saved_as_a_last_part_in_safe_letters() {
        for (name, plain, extended) in [
            ("report.json", "report.json", "report.json"),
            ("../../etc/passwd", "passwd", "passwd"),
            ("out\\a b;\".txt", "a b__.txt", "a%20b%3B%22.txt"),
            ("ä/日本.txt", "__.txt", "%E6%97%A5%E6%9C%AC.txt"),
            ("a/..", "artifact", "artifact"),
            ("///", "artifact", "artifact"),
        ] {
            let expected = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{extended}");
            assert_eq!(disposition(name), expected);
        }
    }

    #[test]
    fn a_place_is_read_with_all_its_faults() {
        let of = |query: &str| asked(&Head { query: Some(query.into()), ..Head::default() });
        let (whole, kept) = of("name=..%2Fa&nodeRef=n&attempt=2&mislabelled=keep").unwrap();
        assert_eq!((whole.name.as_str(), whole.attempt, kept), ("../a", Some(2), OnMislabelled::Keep));
        assert_eq!(of("name=a&nodeRef=n").unwrap().0.attempt, Some(1));
        let (place, refused) = of("name=a").unwrap();
        assert_eq!((place.attempt, refused), (None, OnMislabelled::Refuse));
        for (query, pointers) in [
            ("", vec!["?name"]),
            ("name=a%00", vec!["?name"]),
            ("name=a&attempt=1", vec!["?attempt"]),
            ("name=a&mislabelled=yes", vec!["?mislabelled"]),
            ("attempt=0&nodeRef=n", vec!["?attempt", "?name"]),
        ] {
            let found: Vec<String> = of(query).unwrap_err().errors.into_iter().map(|f| f.pointer).collect();
            assert_eq!(found, pointers, "{query}");
        }
    }
}
