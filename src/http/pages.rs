//! What browsers look at: the page under `/ui/`, and the API's description at `/docs`.

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderValue, IF_NONE_MATCH, LOCATION, VARY,
};
use http::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};

use super::app::SharedApp;
use super::endpoint::{Call, Head};
use super::page_files::{self, Coding, INDEX};
use super::problem::Problem;
use super::{Response, openapi};
use crate::facts::workflow::FILE_SCHEMA;

/// Only what the binary itself serves may load, and nothing may frame the page or be sent elsewhere.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// Kept, but asked for again each time: a new binary brings new pages.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
/// A file with a digest in its name never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

const DOCS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/docs/docs.html"));
const DOCS_SCRIPT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/docs/docs.js"));
const DOCS_STYLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/docs/docs.css"));
/// Stands where the page would, in a binary that was built without it.
const UNBUILT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/docs/unbuilt.html"));
static OPENAPI: LazyLock<String> = LazyLock::new(openapi::document);

/// GET / and /ui: the way to the page, with what the address asks of it.
pub async fn to_page(_: SharedApp, call: Call) -> Result<Response, Problem> {
    let address = call.head.query.as_ref().map_or("/ui/".to_owned(), |query| format!("/ui/?{query}"));
    let mut response = Response::default();
    *response.status_mut() = StatusCode::FOUND;
    // A query is visible ASCII as it comes; anything else leads to the page alone.
    let location = HeaderValue::from_str(&address).unwrap_or(HeaderValue::from_static("/ui/"));
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// GET /ui/ and GET /ui/{path...}: a file of the page, or its document for the page's own addresses.
pub async fn page(_: SharedApp, call: Call) -> Result<Response, Problem> {
    let name = page_files::name_for(call.head.params.get(0));
    let wanted = Coding::accepted(call.head.header(ACCEPT_ENCODING.as_str()).unwrap_or_default());
    let Some((coding, bytes)) = page_files::read(name, &wanted).await else {
        return if name == INDEX {
            Ok(text(&call.head, HTML, UNBUILT))
        } else {
            Err(Problem::no_such_path())
        };
    };
    let is_immutable = page_files::is_immutable(name);
    // The name of such a file is a digest already.
    let tag = if is_immutable { name.to_owned() } else { digest(&bytes) };
    let etag = format!("\"{tag}{}\"", coding.word().map(|word| format!("-{word}")).unwrap_or_default());
    let mut response = content(&call.head, mime(name), bytes, &etag);
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if is_immutable {
        headers.insert(CACHE_CONTROL, FOR_EVER);
    }
    if let Some(word) = coding.word() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(word));
    }
    Ok(response)
}

/// GET /docs
pub async fn docs(_: SharedApp, call: Call) -> Result<Response, Problem> {
    Ok(text(&call.head, HTML, DOCS))
}

/// GET /docs/{file}
pub async fn docs_file(_: SharedApp, call: Call) -> Result<Response, Problem> {
    match call.head.params.get(0) {
        "docs.js" => Ok(text(&call.head, SCRIPT, DOCS_SCRIPT)),
        "docs.css" => Ok(text(&call.head, STYLE, DOCS_STYLE)),
        _ => Err(Problem::no_such_path()),
    }
}

/// GET /openapi.json
pub async fn openapi(_: SharedApp, call: Call) -> Result<Response, Problem> {
    Ok(text(&call.head, "application/json", &OPENAPI))
}

/// GET /schemas/workflow.json: the JSON Schema of workflow files, for editors.
pub async fn workflow_schema(_: SharedApp, call: Call) -> Result<Response, Problem> {
    Ok(text(&call.head, "application/schema+json", FILE_SCHEMA))
}

fn text(head: &Head, mime: &'static str, text: &'static str) -> Response {
    let etag = format!("\"{}\"", digest(text.as_bytes()));
    content(head, mime, Bytes::from_static(text.as_bytes()), &etag)
}

/// The bytes, or 304 where the client has them.
fn content(head: &Head, mime: &'static str, bytes: Bytes, etag: &str) -> Response {
    let mut response =
        if is_known(&head.headers, etag) { Response::default() } else { Response::new(bytes.into()) };
    if is_known(&head.headers, etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
    headers.insert(CONTENT_SECURITY_POLICY, PAGE_POLICY);
    headers.insert(CACHE_CONTROL, REVALIDATE);
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(ETAG, etag);
    }
    response
}

fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)
}

fn digest(bytes: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    digest.iter().take(8).fold(String::new(), |tag, byte| tag + &format!("{byte:02x}"))
}

fn mime(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => HTML,
        "js" => SCRIPT,
        "css" => STYLE,
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_known_is_not_sent_again() {
        let first = text(&Head::default(), SCRIPT, DOCS_SCRIPT);
        assert_eq!(first.status(), StatusCode::OK);
        let mut head = Head::default();
        head.headers.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        assert_eq!(text(&head, SCRIPT, DOCS_SCRIPT).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(text(&head, STYLE, DOCS_STYLE).status(), StatusCode::OK);
    }

    #[test]
    fn pages_ask_for_nothing_from_elsewhere() {
        for page in [DOCS, DOCS_SCRIPT, DOCS_STYLE, UNBUILT] {
            for found in ["src=\"http", "href=\"http", "src=\"//", "@import", "<script>", "style=\""] {
                assert!(!page.contains(found), "{found}");
            }
        }
    }
}
