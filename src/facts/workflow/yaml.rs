//! YAML as a tree whose every value knows its line and column.
//!
//! Scalars keep their text (`1.10` stays `1.10`), repeated keys stay visible, aliases share their target instead
//! of copying it. Owns the bounds on depth and expansion; knows nothing of workflows.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Marker, Options, Parser, ScalarStyle};

use super::fault::{Fault, Place, quoted};

/// Values after aliases are followed: ten times what a workflow of the largest size has, and far below what a
/// "billion laughs" file wants.
const EXPANDED_MAX: u64 = 1_000_000;
/// Nesting of the file; a workflow has five levels.
const DEPTH_MAX: usize = 64;

/// A value and its place.
#[derive(Debug)]
pub struct Tree {
    pub at: Place,
    pub value: Value,
    /// Values in it, itself included, with aliases followed.
    size: u64,
}

/// What a place holds.
#[derive(Debug)]
pub enum Value {
    /// `plain` is false for a quoted or block text, which is never a number or null.
    Scalar {
        text: Arc<str>,
        plain: bool,
    },
    List(Vec<Arc<Tree>>),
    /// In the order of the file, repeated keys included.
    Map(Vec<(Arc<Tree>, Arc<Tree>)>),
}

impl Tree {
    /// What a message calls this value.
    #[must_use]
    pub fn described(&self) -> String {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => "nothing".to_owned(),
            Value::Scalar { text, .. } => quoted(text),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
        }
    }

    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if matches!(&**text, "" | "~" | "null" | "Null" | "NULL"))
    }

    #[must_use]
    pub fn text(&self) -> Option<&Arc<str>> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }
}

/// Reads one document. A file that is no YAML has one fault, since what follows it can't be trusted.
pub fn read(text: &str) -> Result<Arc<Tree>, Fault> {
    let options = granit_parser::options! { block_nesting_limit: DEPTH_MAX, flow_nesting_limit: DEPTH_MAX };
    let mut builder = Builder::default();
    for event in Parser::new_from_str_with_options(text, options as Options) {
        let (event, span) = event.map_err(|error| Fault {
            at: place(error.marker()),
            found: format!("no valid YAML ({})", error.info()),
            expected: "a workflow in YAML".to_owned(),
        })?;
        builder.take(event, place(&span.start))?;
    }
    builder.root.ok_or_else(|| Fault {
        at: Place { line: 1, column: 1 },
        found: "an empty file".to_owned(),
        expected: "a mapping with `name` and `nodes`".to_owned(),
    })
}

fn place(marker: &Marker) -> Place {
    Place { line: marker.line().max(1), column: marker.col() + 1 }
}

/// A list or mapping whose end has not come yet.
struct Open {
    at: Place,
    anchor: usize,
    is_map: bool,
    children: Vec<Arc<Tree>>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Arc<Tree>>,
    documents: usize,
    root: Option<Arc<Tree>>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, at: Place) -> Result<(), Fault> {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(fault(at, "a second document", "one workflow a file"));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = matches!(style, ScalarStyle::Plain) && tag.is_none();
                self.add(Tree { at, value: Value::Scalar { text: text.into(), plain }, size: 1 }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => self.open(at, anchor, false),
            Event::MappingStart(_, anchor, _) => self.open(at, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(target) => self.put(target),
                None => Err(fault(at, "an alias inside of what it names", "an alias to a finished value")),
            },
            _ => Ok(()),
        }
    }

    fn open(&mut self, at: Place, anchor: usize, is_map: bool) -> Result<(), Fault> {
        if self.open.len() >= DEPTH_MAX {
            return Err(fault(at, "a deeper nesting", "at most 64 levels"));
        }
        self.open.push(Open { at, anchor, is_map, children: Vec::new() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(Open { at, anchor, is_map, children }) = self.open.pop() else { return Ok(()) };
        let size = children.iter().fold(1u64, |sum, child| sum.saturating_add(child.size));
        if size > EXPANDED_MAX {
            return Err(fault(at, "more than a million values behind aliases", "a smaller file"));
        }
        let value = if is_map {
            let mut pairs = Vec::with_capacity(children.len() / 2);
            let mut children = children.into_iter();
            while let (Some(key), Some(value)) = (children.next(), children.next()) {
                pairs.push((key, value));
            }
            Value::Map(pairs)
        } else {
            Value::List(children)
        };
        self.add(Tree { at, value, size }, anchor)
    }

    fn add(&mut self, tree: Tree, anchor: usize) -> Result<(), Fault> {
        let tree = Arc::new(tree);
        if anchor != 0 {
            self.anchors.insert(anchor, Arc::clone(&tree));
        }
        self.put(tree)
    }

    fn put(&mut self, tree: Arc<Tree>) -> Result<(), Fault> {
        match self.open.last_mut() {
            Some(open) => open.children.push(tree),
            None => self.root = Some(tree),
        }
        Ok(())
    }
}

fn fault(at: Place, found: &str, expected: &str) -> Fault {
    Fault { at, found: found.to_owned(), expected: expected.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_places_and_keep_their_text() {
        let tree = read("name: x\nenv:\n  VERSION: 1.10\n").unwrap();
        let Value::Map(pairs) = &tree.value else { panic!("a mapping") };
        let Value::Map(env) = &pairs[1].1.value else { panic!("a mapping") };
        assert_eq!(env[0].1.text().map(|t| &**t), Some("1.10"));
        assert_eq!(env[0].1.at, Place { line: 3, column: 12 });
    }

    #[test]
    fn a_billion_laughs_is_refused_without_being_built() {
        let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..30 {
            let before = format!("*a{}", level - 1);
            text.push_str(&format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", ")));
        }
        assert!(read(&text).unwrap_err().found.contains("a million values"));
    }

    #[test]
    fn deep_nesting_broken_yaml_and_empty_files_are_one_fault_each() {
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(read("a: [1, 2").is_err());
        assert!(read("a: &a [*a]").is_err());
        assert_eq!(read("").unwrap_err().found, "an empty file");
        assert_eq!(read("a: 1\n---\nb: 1\n").unwrap_err().at.line, 2);
    }
}
