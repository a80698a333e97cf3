//! Artifacts as a page may show them: text as plain text, images as images, and nothing that a browser would run.
//!
//! What a file says of itself decides nothing but this: HTML and SVG are shown as their source, and no answer of ours has an origin.

use bytes::BytesMut;
use futures_util::TryStreamExt as _;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName};

use super::Response;
use super::app::SharedApp;
use super::artifacts::{NOTHING_RUNS, insert};
use super::problem::Problem;
use crate::facts::id::OrganizationId;
use crate::flow::artifacts::{self, ArtifactError};
use crate::store::artifacts::ArtifactRow;
use crate::store::objects::ObjectError;

/// Text that is shown: more than anybody scrolls through.
const TEXT_MAX_BYTES: u64 = 1024 * 1024;
/// Largest image: it is shown whole or not at all.
const IMAGE_MAX_BYTES: u64 = 10 * 1024 * 1024;
/// How many bytes the artifact has, where only its beginning is shown.
const CUT: HeaderName = HeaderName::from_static("telltale-cut-from");
/// Images that are pixels and nothing else.
const IMAGES: [&str; 6] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"];
/// Types that are text without saying so.
const TEXTS: [&str; 10] = [
    "application/json",
    "application/x-ndjson",
    "application/ndjson",
    "application/yaml",
    "application/x-yaml",
    "application/xml",
    "application/javascript",
    "application/x-sh",
    "application/toml",
    "application/sql",
];

/// How a type is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Image(&'static str),
    Text,
    /// Text if it looks like it.
    Unknown,
}

fn kind(media_type: &str) -> Option<Kind> {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if let Some(image) = IMAGES.into_iter().find(|image| *image == essence) {
        return Some(Kind::Image(image));
    }
    let is_text = essence.starts_with("text/") || essence.ends_with("+json") || essence.ends_with("+xml");
    match essence.as_str() {
        _ if is_text || TEXTS.contains(&essence.as_str()) => Some(Kind::Text),
        "" | "application/octet-stream" => Some(Kind::Unknown),
        _ => None,
    }
}

/// The preview of an artifact.
pub(super) async fn show(
    app: &SharedApp,
    organization: OrganizationId,
    row: &ArtifactRow,
) -> Result<Response, Problem> {
    let none = || {
        let detail = "only text and images are previewed; download it to look at it";
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "no-preview", detail)
    };
    let kind = kind(&row.media_type).ok_or_else(none)?;
    let most = match kind {
        Kind::Image(_) if row.bytes > IMAGE_MAX_BYTES => return Err(none()),
        Kind::Image(_) => IMAGE_MAX_BYTES,
        Kind::Text | Kind::Unknown => TEXT_MAX_BYTES,
    };
    let length = row.bytes.min(most);
    let _share = app.bodies.reserve(usize::try_from(length).unwrap_or(usize::MAX))?;
    let stream = artifacts::read(&app.core, organization, row, 0..length).await?;
    let bytes = stream
        .map_err(|error| ArtifactError::from(ObjectError::Broken(error)))
        .try_fold(BytesMut::new(), async |mut all, chunk| {
            all.extend_from_slice(&chunk);
            Ok(all)
        })
        .await?;
    let (media_type, bytes) = match kind {
        Kind::Image(media_type) => (media_type, bytes.to_vec()),
        Kind::Unknown if !looks_like_text(&bytes) => return Err(none()),
        Kind::Text | Kind::Unknown => {
            ("text/plain; charset=utf-8", String::from_utf8_lossy(&bytes).into_owned().into_bytes())
        }
    };
    let count = bytes.len();
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    insert(headers, CONTENT_TYPE, media_type);
    insert(headers, CONTENT_LENGTH, &count.to_string());
    insert(headers, CONTENT_DISPOSITION, "inline");
    headers.insert(CONTENT_SECURITY_POLICY, NOTHING_RUNS);
    if length < row.bytes {
        insert(headers, CUT, &row.bytes.to_string());
    }
    Ok(response)
}

/// Whether bytes of no type are text; a character that the cut has halved is no fault.
fn looks_like_text(bytes: &[u8]) -> bool {
    let is_utf8 = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    is_utf8 && !bytes.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_could_run_is_text_or_nothing() {
        for text in [
            "text/html",
            "TEXT/HTML; charset=x",
            "image/svg+xml",
            "application/xhtml+xml",
            "application/javascript",
            "application/ld+json",
        ] {
            assert_eq!(kind(text), Some(Kind::Text), "{text}");
        }
        assert_eq!(kind("image/PNG"), Some(Kind::Image("image/png")));
        assert_eq!(kind("application/octet-stream"), Some(Kind::Unknown));
        for none in ["application/pdf", "video/mp4", "application/zip", "image/x-icon", "font/woff2"] {
            assert_eq!(kind(none), None, "{none}");
        }
        assert!(
            looks_like_text("ä".as_bytes()) && looks_like_text(&"ä".as_bytes()[..1]) && looks_like_text(b"")
        );
        assert!(!looks_like_text(b"a\0b") && !looks_like_text(&[0xff, b'a']));
    }
}
