//! How the readers take a mapping apart, and the small values that many keys share.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::duration::{self, DURATION_EXPECTED};
use super::fault::{Fault, Place, did_you_mean, quoted};
use super::model::FILE_MAX_BYTES;
use super::template::{Template, has_template};
use super::yaml::{Tree, Value};

/// Longest name of a workflow, an image or a secret in bytes, as long as a nodeRef may be.
pub const NAME_MAX_BYTES: usize = 256;

pub fn push(faults: &mut Vec<Fault>, at: Place, found: impl Into<String>, expected: &str) {
    // A file of a megabyte can't have more faults than bytes, and this is where they all pass.
    if faults.len() < FILE_MAX_BYTES {
        faults.push(Fault::new(at, found, expected));
    }
}

/// The value, or its fault among the others.
pub fn noted<T>(read: Result<T, Fault>, faults: &mut Vec<Fault>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(Fault { at, found, expected }) => {
            push(faults, at, found, &expected);
            None
        }
    }
}

/// The pairs of a mapping with free keys, each key once.
pub fn pairs<'t>(
    tree: &'t Tree,
    expected: &str,
    faults: &mut Vec<Fault>,
) -> Vec<(&'t Tree, Arc<str>, &'t Tree)> {
    if tree.is_null() {
        return Vec::new();
    }
    let Value::Map(entries) = &tree.value else {
        push(faults, tree.at, tree.described(), expected);
        return Vec::new();
    };
    let mut seen = HashSet::new();
    let mut read = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let Some(name) = text(key, "a key", faults) else { continue };
        if seen.insert(Arc::clone(&name)) {
            read.push((&**key, name, &**value));
        } else {
            push(faults, key.at, format!("{} a second time", quoted(&name)), "each key once");
        }
    }
    read
}

/// The fields of a mapping with fixed keys.
pub struct Fields<'t> {
    pub at: Place,
    owner: &'static str,
    fields: HashMap<Arc<str>, (&'t Tree, &'t Tree)>,
}

impl<'t> Fields<'t> {
    pub fn read(
        tree: &'t Tree,
        owner: &'static str,
        known: &[&str],
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let expected = format!("{owner}: a mapping with {}", known.join(", "));
        if !matches!(tree.value, Value::Map(_)) {
            push(faults, tree.at, tree.described(), &expected);
            return None;
        }
        let mut fields = HashMap::new();
        for (key, name, value) in pairs(tree, &expected, faults) {
            if known.contains(&&*name) {
                fields.insert(name, (key, value));
            } else {
                let hint = did_you_mean(&name, known.iter().copied());
                let found = format!("the unknown key {}{hint}", quoted(&name));
                push(faults, key.at, found, &format!("one of {}", known.join(", ")));
            }
        }
        Some(Self { at: tree.at, owner, fields })
    }

    pub fn get(&self, name: &str) -> Option<&'t Tree> {
        self.fields.get(name).map(|(_, value)| *value)
    }

    /// Where the value stands, or the whole without it.
    pub fn place_of(&self, name: &str) -> Place {
        self.get(name).map_or(self.at, |tree| tree.at)
    }

    /// Where the key itself stands.
    pub fn place_of_key(&self, name: &str) -> Option<Place> {
        self.fields.get(name).map(|(key, _)| key.at)
    }

    pub fn required(&self, name: &str, expected: &str, faults: &mut Vec<Fault>) -> Option<&'t Tree> {
        let found = self.get(name);
        if found.is_none() {
            let what = format!("{} without `{name}`", self.owner);
            push(faults, self.at, what, &format!("`{name}`: {expected}"));
        }
        found
    }
}

pub fn text(tree: &Tree, expected: &str, faults: &mut Vec<Fault>) -> Option<Arc<str>> {
    let found = tree.text().cloned();
    if found.is_none() {
        push(faults, tree.at, tree.described(), expected);
    }
    found
}

/// A text that a process can be given.
pub fn argument(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Arc<str>> {
    let Value::Scalar { text, .. } = &tree.value else {
        push(faults, tree.at, tree.described(), "a text");
        return None;
    };
    if text.contains('\0') {
        push(faults, tree.at, "a text with U+0000", "a text that a process can be given");
        return None;
    }
    Some(Arc::clone(text))
}

/// A text for a process, with templates in it.
pub fn template(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Template> {
    let text = argument(tree, faults)?;
    noted(Template::parse(&text, tree.at), faults)
}

/// A text that is the same in every run.
pub fn fixed(tree: &Tree, expected: &str, faults: &mut Vec<Fault>) -> Option<Arc<str>> {
    let text = text(tree, expected, faults)?;
    if has_template(&text) {
        push(faults, tree.at, format!("the template {}", quoted(&text)), expected);
        return None;
    }
    Some(text)
}

pub fn name(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Arc<str>> {
    let expected = "a name of 1 to 256 bytes without control characters";
    let name = fixed(tree, "a name", faults)?;
    if name.trim().is_empty() || name.len() > NAME_MAX_BYTES || has_controls(&name) {
        push(faults, tree.at, quoted(&name), expected);
        return None;
    }
    Some(name)
}

pub fn duration(tree: &Tree, faults: &mut Vec<Fault>) -> Option<Duration> {
    let read = tree.text().and_then(|text| duration::parse(text));
    if read.is_none() {
        push(faults, tree.at, tree.described(), DURATION_EXPECTED);
    }
    read
}

/// A plain number that `is_fine`.
pub fn number<T: std::str::FromStr>(
    tree: &Tree,
    expected: &str,
    is_fine: impl Fn(&T) -> bool,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    let read = match &tree.value {
        Value::Scalar { text, plain: true } => text.parse().ok().filter(is_fine),
        _ => None,
    };
    if read.is_none() {
        push(faults, tree.at, tree.described(), expected);
    }
    read
}

pub fn has_controls(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Whether a text can be the name of a variable.
pub fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
