//! Reads Rust source as far as the tests about it need: code without its comments, and string literals.
//!
//! A lexer in little, since a search through the bare text would take a word in a comment for code.

use std::path::{Path, PathBuf};

/// One file under `src/`.
pub struct SourceFile {
    /// Relative to `src/`, as `store/journal/read.rs`.
    pub path: String,
    /// The text with every comment and the content of every string literal blanked; lines stay where they are.
    pub code: String,
    pub literals: Vec<Literal>,
}

/// A string literal's content, escapes left as written.
pub struct Literal {
    pub line: usize,
    pub text: String,
}

/// The folder of the crate.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` whose name ends in `.<extension>`, in the order of their paths.
pub fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// All of `src/`.
pub fn source_files() -> Vec<SourceFile> {
    let src = root().join("src");
    let files = files_below(&src, "rs");
    assert!(files.len() > 10, "src/ has only {} files: the tests look in the wrong place", files.len());
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        parse(&path.strip_prefix(&src).unwrap().display().to_string(), &text)
    };
    files.into_iter().map(read).collect()
}

/// Takes a file's text apart.
pub fn parse(path: &str, text: &str) -> SourceFile {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut literals = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        let (length, literal) = match rest {
            ['/', '/', ..] => (rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()), None),
            ['/', '*', ..] => (block_comment(rest), None),
            ['\'', ..] => (char_literal(rest), None),
            _ => match string_start(rest, at.checked_sub(1).map(|before| chars[before])) {
                Some((start, hashes, raw)) => {
                    let end = string_end(rest, start, hashes, raw);
                    (end.after, Some(rest[start..end.content].iter().collect::<String>()))
                }
                None => {
                    code.push(rest[0]);
                    at += 1;
                    continue;
                }
            },
        };
        let line = code.matches('\n').count() + 1;
        code.extend(rest[..length].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        literals.extend(literal.map(|text| Literal { line, text }));
        at += length;
    }
    SourceFile { path: path.to_owned(), code, literals }
}

/// The length of a block comment, which may hold others.
fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] if depth == 1 => return at + 2,
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

/// The length of a character literal, or of the one quote that opens a lifetime.
fn char_literal(rest: &[char]) -> usize {
    match rest {
        [_, '\\', _, tail @ ..] => 3 + tail.iter().position(|c| *c == '\'').map_or(0, |quote| quote + 1),
        [_, _, '\'', ..] => 3,
        _ => 1,
    }
}

/// Where a string's content begins, how many hashes guard it, and whether it is raw.
fn string_start(rest: &[char], before: Option<char>) -> Option<(usize, usize, bool)> {
    if rest[0] == '"' {
        return Some((1, 0, false));
    }
    if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let prefix = rest.iter().take_while(|c| matches!(c, 'r' | 'b' | 'c')).count();
    if prefix == 0 || prefix > 2 {
        return None;
    }
    let raw = rest[..prefix].contains(&'r');
    let hashes = if raw { rest[prefix..].iter().take_while(|c| **c == '#').count() } else { 0 };
    (rest.get(prefix + hashes) == Some(&'"')).then_some((prefix + hashes + 1, hashes, raw))
}

struct StringEnd {
    content: usize,
    after: usize,
}

fn string_end(rest: &[char], start: usize, hashes: usize, raw: bool) -> StringEnd {
    let mut at = start;
    while at < rest.len() {
        if rest[at] == '\\' && !raw {
            at += 2;
        } else if rest[at] == '"'
            && rest[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
        {
            return StringEnd { content: at, after: at + 1 + hashes };
        } else {
            at += 1;
        }
    }
    StringEnd { content: rest.len(), after: rest.len() }
}

#[test]
fn comments_and_strings_are_told_from_code() {
    let text = "//! crate::http\nlet a = \"SELECT \\\" 1\"; /* \"no\" /* in */ */ let b = r#\"raw \"x\" \"#;\nlet c = '\"'; 'a: loop {}\nuse crate::facts;";
    let file = parse("x.rs", text);
    let literals: Vec<_> = file.literals.iter().map(|it| (it.line, it.text.as_str())).collect();
    assert_eq!(literals, [(2, "SELECT \\\" 1"), (2, "raw \"x\" ")]);
    assert!(!file.code.contains("crate::http") && !file.code.contains("SELECT"));
    assert!(file.code.contains("'a: loop {}".trim_start_matches('\'')), "{}", file.code);
    assert!(file.code.contains("use crate::facts;"));
    assert_eq!(file.code.lines().count(), text.lines().count());
}
