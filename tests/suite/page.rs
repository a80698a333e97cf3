//! The page needs nobody else's hosts, runs under a strict content policy, and puts text in as text only.

use std::path::PathBuf;

use http::Method;

use crate::source::{files_below, root};
use crate::support::{Database, Server};

/// What would let a run's text become markup or code.
const WAYS_TO_MARKUP: [&str; 10] = [
    "dangerouslySetInnerHTML",
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "createContextualFragment",
    "DOMParser",
    "setHTMLUnsafe",
    "eval(",
    "new Function",
];

/// The page's sources that browsers get to run or to draw.
fn sources() -> Vec<PathBuf> {
    let web = root().join("web");
    let mut found: Vec<PathBuf> = vec![web.join("index.html")];
    for (folder, ending) in
        [("src", "ts"), ("src", "tsx"), ("src", "css"), ("public", "js"), ("docs", "js"), ("docs", "html")]
    {
        found.extend(files_below(&web.join(folder), ending));
    }
    found
}

fn text(path: &PathBuf) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn text_never_becomes_markup() {
    for path in sources() {
        let source = text(&path);
        let used: Vec<_> = WAYS_TO_MARKUP.into_iter().filter(|way| source.contains(way)).collect();
        assert!(used.is_empty(), "{} uses {used:?}", path.display());
    }
}

#[test]
fn nothing_is_inline_in_the_document() {
    let document = text(&root().join("web/index.html"));
    assert_eq!(document.matches("<script").count(), document.matches("<script src=").count() + 1);
    assert!(document.contains("<script type=\"module\" src=\"/src/main.tsx\"></script>"));
    assert!(!document.contains("<style") && !document.contains(" style="));
    let handlers = regex::Regex::new(r#"\son[a-z]+\s*="#).unwrap();
    assert!(!handlers.is_match(&document), "an event handler stands in the document");
}

#[test]
fn the_page_asks_no_other_host() {
    let foreign = regex::Regex::new(r#"["'(](https?:|wss?:)?//[a-z0-9-]+\.[a-z]"#).unwrap();
    for path in sources().into_iter().filter(|path| !path.to_string_lossy().contains(".test.")) {
        let text = text(&path);
        assert!(foreign.find(&text).is_none(), "{}: {:?}", path.display(), foreign.find(&text));
    }
}

#[tokio::test]
async fn addresses_of_the_page_lead_to_its_document_and_missing_files_are_missing() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    for path in ["/ui/", "/ui/runs/run-1.2", "/ui/workflows/a%20b"] {
        let answer = http.send(Method::GET, path, &[("accept-encoding", "gzip, br")], "").await.unwrap();
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{path}");
        let policy = answer.header("content-security-policy").unwrap().to_owned();
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
        let etag = answer.header("etag").unwrap().to_owned();
        let known = [("accept-encoding", "gzip, br"), ("if-none-match", etag.as_str())];
        assert_eq!(http.send(Method::GET, path, &known, "").await.unwrap().status, 304, "{path}");
    }
    let moved = http.send(Method::GET, "/ui?status=FAILED&q=a%20b", &[], "").await.unwrap();
    assert_eq!((moved.status, moved.header("location")), (302, Some("/ui/?status=FAILED&q=a%20b")));
    for path in
        ["/ui/assets/gone.js", "/ui/gone.css", "/ui/..%2fCargo.toml", "/ui/assets/..%2f..%2f..%2f.gitignore"]
    {
        let status = http.send(Method::GET, path, &[], "").await.unwrap().status;
        assert!(status == 404 || (path.contains("/..%2f") && status == 200), "{path}: {status}");
        let body = http.send(Method::GET, path, &[], "").await.unwrap();
        assert!(!body.text().contains("[package]") && !body.text().contains("!.gitignore"), "{path}");
    }
}
