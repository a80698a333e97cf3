//! The pages that come with the binary: the live view under `/ui/`, and the API's description at `/docs`.

use std::sync::LazyLock;

use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, LOCATION,
};
use sha2::{Digest, Sha256};

use super::app::SharedApp;
use super::endpoint::{Call, Head};
use super::problem::Problem;
use super::{Response, openapi};
use crate::facts::workflow::FILE_SCHEMA;

/// Only what the binary itself serves may load, and nothing may frame the page or be sent elsewhere.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// Kept, but asked for again each time: a new binary brings new pages.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// A file inside the binary.
struct File {
    name: &'static str,
    mime: &'static str,
    text: &'static str,
    etag: LazyLock<String>,
}

macro_rules! file {
    ($folder:literal, $name:literal, $mime:literal) => {{
        const TEXT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/", $folder, $name));
        File { name: $name, mime: $mime, text: TEXT, etag: LazyLock::new(|| etag(TEXT)) }
    }};
}

static FILES: [File; 7] = [
    file!("old/", "index.html", "text/html; charset=utf-8"),
    file!("old/", "app.js", "text/javascript; charset=utf-8"),
    file!("old/", "control.js", "text/javascript; charset=utf-8"),
    file!("old/", "tools.js", "text/javascript; charset=utf-8"),
    file!("old/", "style.css", "text/css; charset=utf-8"),
    file!("docs/", "docs.html", "text/html; charset=utf-8"),
    file!("docs/", "docs.js", "text/javascript; charset=utf-8"),
];
static OPENAPI: LazyLock<String> = LazyLock::new(openapi::document);
static FILE_SCHEMA_ETAG: LazyLock<String> = LazyLock::new(|| etag(FILE_SCHEMA));
static OPENAPI_ETAG: LazyLock<String> = LazyLock::new(|| etag(&OPENAPI));

/// GET / and /ui: the way to the page.
pub async fn to_page(_: SharedApp, _: Call) -> Result<Response, Problem> {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("/ui/"));
    Ok(response)
}

/// GET /ui/
pub async fn index(_: SharedApp, call: Call) -> Result<Response, Problem> {
    file(&call.head, "index.html")
}

/// GET /ui/{file}
pub async fn asset(_: SharedApp, call: Call) -> Result<Response, Problem> {
    file(&call.head, call.head.params.get(0))
}

/// GET /docs
pub async fn docs(_: SharedApp, call: Call) -> Result<Response, Problem> {
    file(&call.head, "docs.html")
}

/// GET /openapi.json
pub async fn openapi(_: SharedApp, call: Call) -> Result<Response, Problem> {
    Ok(content(&call.head, "application/json", &OPENAPI, &OPENAPI_ETAG))
}

/// GET /schemas/workflow.json: the JSON Schema of workflow files, for editors.
pub async fn workflow_schema(_: SharedApp, call: Call) -> Result<Response, Problem> {
    Ok(content(&call.head, "application/schema+json", FILE_SCHEMA, &FILE_SCHEMA_ETAG))
}

fn file(head: &Head, name: &str) -> Result<Response, Problem> {
    let file = FILES.iter().find(|file| file.name == name).ok_or_else(Problem::no_such_path)?;
    Ok(content(head, file.mime, file.text, &file.etag))
}

/// The text, or 304 where the client has it.
fn content(head: &Head, mime: &'static str, text: &'static str, etag: &str) -> Response {
    let known = head.header(IF_NONE_MATCH.as_str()).unwrap_or_default();
    let is_known = known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag);
    let mut response = if is_known { Response::default() } else { Response::new(text.into()) };
    if is_known {
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

fn etag(text: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let short = digest.iter().take(8).fold(String::new(), |tag, byte| tag + &format!("{byte:02x}"));
    format!("\"{short}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_known_is_not_sent_again() {
        let first = file(&Head::default(), "app.js").ok().unwrap();
        assert_eq!(first.status(), StatusCode::OK);
        let mut head = Head::default();
        head.headers.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        assert_eq!(file(&head, "app.js").ok().unwrap().status(), StatusCode::NOT_MODIFIED);
        assert_eq!(file(&head, "style.css").ok().unwrap().status(), StatusCode::OK);
    }

    #[test]
    fn only_the_files_inside_are_served() {
        for name in ["", "..", "../Cargo.toml", "index.htm", "package.json"] {
            assert_eq!(file(&Head::default(), name).err().unwrap().status, StatusCode::NOT_FOUND, "{name}");
        }
    }

    #[test]
    fn pages_ask_for_nothing_from_elsewhere() {
        for file in &FILES {
            for found in ["src=\"http", "href=\"http", "src=\"//", "@import", "<script>", "style=\""] {
                assert!(!file.text.contains(found), "{}: {found}", file.name);
            }
        }
    }
}
