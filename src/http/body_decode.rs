//! Content encodings of request bodies, decoded as they stream in.

use std::pin::Pin;

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};
use tokio::io::{AsyncBufRead, AsyncRead};

use super::problem::Problem;

/// log2 of the largest zstd window: the largest body. A frame could ask for gigabytes otherwise.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    Brotli,
    Zstd,
}

impl Encoding {
    /// The one encoding a request names; 415 for others, and for several on top of each other.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let unknown = || {
            let detail = "the content encoding must be gzip, br, zstd or identity";
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-encoding", detail)
        };
        let mut given = headers.get_all(CONTENT_ENCODING).iter();
        let Some(first) = given.next() else { return Ok(Self::Identity) };
        if given.next().is_some() {
            return Err(unknown());
        }
        match first.to_str().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "br" => Ok(Self::Brotli),
            "zstd" => Ok(Self::Zstd),
            _ => Err(unknown()),
        }
    }
}

/// Unpacks `raw` as it is read.
pub fn decoder<'a>(
    encoding: Encoding,
    raw: impl AsyncBufRead + Send + Sync + 'a,
) -> Pin<Box<dyn AsyncRead + Send + Sync + 'a>> {
    match encoding {
        Encoding::Identity => Box::pin(raw),
        Encoding::Gzip => {
            let mut decoder = GzipDecoder::new(raw);
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
        Encoding::Brotli => Box::pin(BrotliDecoder::new(raw)),
        Encoding::Zstd => {
            let mut decoder =
                ZstdDecoder::with_params(raw, &[DParameter::window_log_max(ZSTD_WINDOW_LOG_MAX)]);
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
    }
}
