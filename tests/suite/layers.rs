//! Each layer of `src/` imports only those above it: facts < store < flow < edges.

use crate::source::{SourceFile, parse, source_files};

/// From the one that knows nothing to those that know all; a module not named here is an edge.
const LAYERS: [&str; 3] = ["facts", "store", "flow"];
const EDGES: usize = LAYERS.len();

/// What the facts never touch: they are given the time and ids, and know no machine.
const FOREIGN_TO_FACTS: [&str; 8] = [
    "tokio",
    "tokio_postgres",
    "postgres_types",
    "hyper",
    "warp",
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
];

fn layer_of(module: &str) -> usize {
    LAYERS.iter().position(|layer| *layer == module).unwrap_or(EDGES)
}

/// The modules directly below the crate that this file's code names, with their lines.
fn modules_named(file: &SourceFile) -> Vec<(usize, String)> {
    let mut named = Vec::new();
    for (start, word) in file.code.match_indices("crate::") {
        let line = file.code[..start].matches('\n').count() + 1;
        let rest = &file.code[start + word.len()..];
        let heads = if rest.starts_with('{') { heads_of_group(rest) } else { vec![identifier(rest)] };
        named.extend(heads.into_iter().map(|head| (line, head)));
    }
    named
}

fn identifier(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first names in `{a::b, c::{d, e}, f}`: a, c and f.
fn heads_of_group(group: &str) -> Vec<String> {
    let mut heads = vec![identifier(&group[1..])];
    let mut depth = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' if depth == 1 => heads.push(identifier(&group[at + 1..])),
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

fn faults(file: &SourceFile) -> Vec<String> {
    let module = file.path.split(['/', '.']).next().unwrap_or_default();
    if matches!(module, "lib" | "main") {
        return Vec::new();
    }
    let own = layer_of(module);
    let mut faults = Vec::new();
    for (line, named) in modules_named(file) {
        if layer_of(&named) > own {
            faults.push(format!(
                "src/{}:{line}: `{module}` is above `{named}` and must not know it",
                file.path
            ));
        }
    }
    if own == 0 {
        // Their unit tests may read the clock or start a runtime.
        let code = file.code.split("#[cfg(test)]").next().unwrap_or_default();
        for word in FOREIGN_TO_FACTS {
            let uses = |(at, _): (usize, &str)| {
                let before = code[..at].chars().next_back();
                let after = code[at + word.len()..].chars().next();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
                    && !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
            };
            if code.match_indices(word).any(uses) {
                faults.push(format!("src/{}: the facts know no `{word}`", file.path));
            }
        }
    }
    faults
}

#[test]
fn each_layer_imports_only_those_above_it() {
    let faults: Vec<String> = source_files().iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn an_import_downwards_is_seen() {
    let seen = |path: &str, text: &str| faults(&parse(path, text)).len();
    assert_eq!(seen("store/a.rs", "use crate::facts::id::RunId;"), 0);
    assert_eq!(seen("store/a.rs", "use crate::flow::feed;"), 1);
    assert_eq!(seen("store/a.rs", "use crate::{facts::id, http::{route, x}, flow::feed};"), 2);
    assert_eq!(seen("flow/a.rs", "fn f() { crate::cli::run() } // crate::http"), 1);
    assert_eq!(seen("telemetry.rs", "use crate::http::x; use crate::flow::y;"), 0);
    assert_eq!(seen("facts/a.rs", "let now = std::time::SystemTime::now();"), 1);
    assert_eq!(seen("facts/a.rs", "let now = tokio_like::now();"), 0);
}
