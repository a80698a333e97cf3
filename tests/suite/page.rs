//! The page needs nobody else's hosts, runs under a strict content policy, and puts text in as text only.

use crate::source::root;

const SCRIPTS: [&str; 3] = ["app.js", "control.js", "tools.js"];
const OTHERS: [&str; 2] = ["index.html", "style.css"];

/// What would let a run's text become markup or code.
const WAYS_TO_MARKUP: [&str; 9] = [
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

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join("web").join(name)).unwrap()
}

#[test]
fn text_never_becomes_markup() {
    for name in SCRIPTS {
        let script = page(name);
        let used: Vec<_> = WAYS_TO_MARKUP.into_iter().filter(|way| script.contains(way)).collect();
        assert!(used.is_empty(), "web/{name} uses {used:?}");
    }
}

#[test]
fn nothing_is_inline_in_the_document() {
    let document = page("index.html");
    assert_eq!(document.matches("<script").count(), 1);
    assert!(document.contains("<script type=\"module\" src=\"app.js\"></script>"));
    assert!(!document.contains("<style") && !document.contains(" style="));
    let handlers = regex::Regex::new(r#"\son[a-z]+\s*="#).unwrap();
    assert!(!handlers.is_match(&document), "an event handler stands in the document");
}

#[test]
fn the_page_asks_no_other_host() {
    // The name of SVG's namespace is an address that is never asked.
    let foreign = regex::Regex::new(r"(https?:)?//[a-z0-9-]+\.[a-z]").unwrap();
    for name in SCRIPTS.into_iter().chain(OTHERS) {
        let text = page(name).replace("http://www.w3.org/2000/svg", "");
        assert!(foreign.find(&text).is_none(), "web/{name}: {:?}", foreign.find(&text));
    }
}

#[test]
fn motion_and_both_colour_schemes_are_honoured() {
    let style = page("style.css");
    assert!(style.contains("prefers-reduced-motion: reduce") && style.contains("prefers-color-scheme: dark"));
}
