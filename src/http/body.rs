//! Request bodies, bounded in size, in time, and all together.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt as _};
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::io::StreamReader;
use tokio_util::sync::CancellationToken;

use super::body_decode::{Encoding, decoder};
use super::problem::Problem;
use crate::flow::ingest::BodyFormat;

/// Largest body after decompression (contract, limits).
pub const BODY_MAX_BYTES: usize = 8 * 1024 * 1024;
/// How long a body may take to arrive: eight megabytes on a slow line, but no slow-loris.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// All bodies that are being read or worked on: bounds memory whatever the number of clients.
const BODIES_MAX_BYTES: usize = 256 * 1024 * 1024;
/// What the bound on all bodies counts in.
const BUDGET_UNIT_BYTES: usize = 1024;
/// Bytes asked for at once from a body of unknown or compressed length.
const READ_STEP_BYTES: usize = 64 * 1024;
/// An oversized body is read to its end up to here, so that its sender gets the answer instead of a broken pipe.
const DISCARD_MAX_BYTES: u64 = 32 * 1024 * 1024;
/// And for this long.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

/// The chunks of a body as they come in.
pub type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send + Sync>>;

/// The memory for bodies; cheap to clone.
#[derive(Debug, Clone)]
pub struct BodyBudget(Arc<Semaphore>);

/// A body with its share of the budget, given back when it is dropped.
#[derive(Debug)]
pub struct Body {
    pub bytes: Vec<u8>,
    pub format: BodyFormat,
    share: Share,
}

impl Body {
    /// The bytes, to be shared by what is made of them, and the share of the budget, to be kept as long.
    pub fn into_shared(self) -> (Bytes, Share) {
        (self.bytes.into(), self.share)
    }
}

/// A body in one of two layouts.
#[derive(Debug)]
pub enum YamlOrJson {
    Yaml(Body),
    Json(Body),
}

/// A growing share of the budget.
#[derive(Debug, Default)]
pub struct Share {
    permit: Option<OwnedSemaphorePermit>,
    units: usize,
}

impl Default for BodyBudget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(BODIES_MAX_BYTES / BUDGET_UNIT_BYTES)))
    }
}

impl BodyBudget {
    /// A share of a fixed size, for work that streams.
    pub fn reserve(&self, bytes: usize) -> Result<Share, Problem> {
        let mut share = Share::default();
        self.grow(&mut share, bytes)?;
        Ok(share)
    }

    /// Makes `share` cover `bytes`.
    fn grow(&self, share: &mut Share, bytes: usize) -> Result<(), Problem> {
        let units = bytes.div_ceil(BUDGET_UNIT_BYTES);
        let more = u32::try_from(units.saturating_sub(share.units)).unwrap_or(u32::MAX);
        if more == 0 {
            return Ok(());
        }
        let busy = |_| {
            Problem::unavailable("too many requests are being read; try again", "the body budget is used up")
        };
        let permit = self.0.clone().try_acquire_many_owned(more).map_err(busy)?;
        match &mut share.permit {
            Some(held) => held.merge(permit),
            None => share.permit = Some(permit),
        }
        share.units = units;
        Ok(())
    }
}

/// Boxes what warp gives, in the shape the readers here want.
pub fn chunks<S, B>(stream: S) -> Chunks
where
    S: Stream<Item = Result<B, warp::Error>> + Send + Sync + 'static,
    B: Buf,
{
    Box::pin(
        stream.map(|chunk| chunk.map(|mut buf| buf.copy_to_bytes(buf.remaining())).map_err(io::Error::other)),
    )
}

/// The same until the right to send them ends: an upload may take hours.
pub fn while_allowed(chunks: Chunks, right: CancellationToken) -> Chunks {
    Box::pin(chunks.map(move |chunk| {
        if right.is_cancelled() { Err(io::Error::other("the right to send this has ended")) } else { chunk }
    }))
}

/// Reads a whole JSON or NDJSON body, decoded.
pub async fn read(budget: &BodyBudget, headers: &HeaderMap, chunks: Chunks) -> Result<Body, Problem> {
    let format = format(headers)?;
    read_whole(budget, headers, chunks, format).await
}

/// Reads a body of any type, decoded.
pub async fn read_any(budget: &BodyBudget, headers: &HeaderMap, chunks: Chunks) -> Result<Body, Problem> {
    read_whole(budget, headers, chunks, BodyFormat::Json).await
}

/// Reads a JSON body that may be missing altogether, which is the same as an empty object.
pub async fn read_optional(
    budget: &BodyBudget,
    headers: &HeaderMap,
    chunks: Chunks,
) -> Result<Body, Problem> {
    let format = if headers.contains_key(CONTENT_TYPE) { format(headers) } else { Err(unsupported()) };
    let mut body = read_whole(budget, headers, chunks, BodyFormat::Json).await?;
    if body.bytes.is_empty() {
        body.bytes = b"{}".to_vec();
        return Ok(body);
    }
    match format? {
        BodyFormat::Json => Ok(body),
        BodyFormat::Ndjson => Err(unsupported()),
    }
}

/// Reads a body that is YAML itself, or JSON around it. Browsers send YAML types to other sites no more readily than JSON.
pub async fn read_yaml_or_json(
    budget: &BodyBudget,
    headers: &HeaderMap,
    chunks: Chunks,
) -> Result<YamlOrJson, Problem> {
    if matches!(mime(headers).as_str(), "application/yaml" | "text/yaml" | "application/x-yaml") {
        return Ok(YamlOrJson::Yaml(read_whole(budget, headers, chunks, BodyFormat::Json).await?));
    }
    match format(headers) {
        Ok(BodyFormat::Json) => {
            Ok(YamlOrJson::Json(read_whole(budget, headers, chunks, BodyFormat::Json).await?))
        }
        _ => {
            let detail = "the content type must be application/yaml, or application/json around the text";
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail))
        }
    }
}

async fn read_whole(
    budget: &BodyBudget,
    headers: &HeaderMap,
    chunks: Chunks,
    format: BodyFormat,
) -> Result<Body, Problem> {
    let read = read_all(budget, headers, chunks, format);
    timeout(BODY_TIMEOUT, read).await.unwrap_or_else(|_| Err(too_slow(BODY_TIMEOUT)))
}

async fn read_all(
    budget: &BodyBudget,
    headers: &HeaderMap,
    mut chunks: Chunks,
    format: BodyFormat,
) -> Result<Body, Problem> {
    let encoding = Encoding::of(headers)?;
    let announced = announced_length(headers);
    let whole = match encoding {
        Encoding::Identity => read_plain(budget, &mut chunks, announced).await?,
        other => read_encoded(budget, &mut chunks, other).await?,
    };
    let Some((bytes, share)) = whole else {
        discard(&mut StreamReader::new(chunks)).await;
        let detail = format!("a body is at most {BODY_MAX_BYTES} bytes after decompression");
        return Err(Problem::too_large(detail));
    };
    Ok(Body { bytes, format, share })
}

type Whole = Option<(Vec<u8>, Share)>;

/// `None`: larger than allowed.
async fn read_plain(
    budget: &BodyBudget,
    chunks: &mut Chunks,
    announced: Option<usize>,
) -> Result<Whole, Problem> {
    if announced.is_some_and(|length| length > BODY_MAX_BYTES) {
        return Ok(None);
    }
    let mut share = Share::default();
    // The share is taken for the announced length, the memory only as the bytes come.
    budget.grow(&mut share, announced.unwrap_or(0))?;
    let mut bytes = Vec::with_capacity(announced.unwrap_or(0).min(READ_STEP_BYTES));
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| broken(&error))?;
        if bytes.len() + chunk.len() > BODY_MAX_BYTES {
            return Ok(None);
        }
        budget.grow(&mut share, bytes.len() + chunk.len())?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some((bytes, share)))
}

/// `None`: larger than allowed, before or after decoding.
async fn read_encoded(
    budget: &BodyBudget,
    chunks: &mut Chunks,
    encoding: Encoding,
) -> Result<Whole, Problem> {
    let mut share = Share::default();
    let mut bytes = Vec::new();
    let raw = StreamReader::new(chunks.by_ref()).take(BODY_MAX_BYTES as u64 + 1);
    let mut decoded = decoder(encoding, raw);
    loop {
        budget.grow(&mut share, bytes.len() + READ_STEP_BYTES)?;
        let room = (BODY_MAX_BYTES + 1 - bytes.len()).min(READ_STEP_BYTES);
        let count = read_some(decoded.as_mut(), &mut bytes, room).await?;
        if count == 0 {
            return Ok(Some((bytes, share)));
        }
        if bytes.len() > BODY_MAX_BYTES {
            return Ok(None);
        }
    }
}

/// Reads at most `room` bytes onto the end of `bytes`.
async fn read_some(
    reader: Pin<&mut (dyn AsyncRead + Send + Sync)>,
    bytes: &mut Vec<u8>,
    room: usize,
) -> Result<usize, Problem> {
    let mut limited = reader.take(room as u64);
    limited.read_buf(bytes).await.map_err(|error| broken(&error))
}

/// Reads on without keeping anything.
pub async fn discard(body: &mut (impl AsyncRead + Unpin)) {
    let mut limited = body.take(DISCARD_MAX_BYTES);
    let mut nowhere = tokio::io::sink();
    // Whether it came to an end makes no difference to the answer.
    let _ = timeout(DISCARD_TIMEOUT, tokio::io::copy(&mut limited, &mut nowhere)).await;
}

pub fn broken(error: &io::Error) -> Problem {
    Problem::bad_request(format!("the body could not be read: {error}"))
}

pub fn too_slow(limit: Duration) -> Problem {
    let detail = format!("the body did not arrive within {} seconds", limit.as_secs());
    Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", detail).with_header(CONNECTION, "close")
}

fn announced_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The body's layout by its content type; 415 for what is neither JSON nor NDJSON.
fn format(headers: &HeaderMap) -> Result<BodyFormat, Problem> {
    match mime(headers).as_str() {
        "application/json" => Ok(BodyFormat::Json),
        "application/x-ndjson" | "application/ndjson" => Ok(BodyFormat::Ndjson),
        other if other.starts_with("application/") && other.ends_with("+json") => Ok(BodyFormat::Json),
        _ => Err(unsupported()),
    }
}

/// The content type without its parameters.
fn mime(headers: &HeaderMap) -> String {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn unsupported() -> Problem {
    let detail = "the content type must be application/json or application/x-ndjson";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail)
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
