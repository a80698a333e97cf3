//! `telltale.toml`: from text to the values it sets.
//!
//! A table's name is a prefix: `[loki] url = …` is `loki_url = …`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::resolve::Given;
use super::{Fault, Key};

/// Tables inside tables are followed this far: no key has more parts.
const DEEPEST: usize = 3;

/// The values that `text` sets; `name` is how faults call the file.
pub(super) fn read(name: &str, text: &str, faults: &mut Vec<Fault>) -> Vec<(Key, Given)> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        faults.push(Fault::new(format!("{name}:{line}"), error.message().replace('\n', ", ")));
    }
    let mut reader = Reader { name, text, faults, values: Vec::new() };
    reader.table(table.get_ref(), "", DEEPEST);
    reader.values
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    faults: &'a mut Vec<Fault>,
    values: Vec<(Key, Given)>,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>, prefix: &str, depth: usize) {
        for (name, value) in table {
            let full = if prefix.is_empty() {
                name.get_ref().to_string()
            } else {
                format!("{prefix}_{}", name.get_ref())
            };
            let origin = format!("{}:{}: {full}", self.name, line_of(self.text, name.span().start));
            match (value.get_ref(), Key::of_name(&full)) {
                (DeValue::Table(inner), None) if depth > 0 => self.table(inner, &full, depth - 1),
                (_, None) => self.faults.push(Fault::new(origin, unknown(&full))),
                (_, Some(key)) => match parts(key, value) {
                    Ok(parts) => self.values.push((key, Given { parts, origin })),
                    Err(reason) => self.faults.push(Fault::new(origin, reason)),
                },
            }
        }
    }
}

/// What to say about a name that no setting has.
pub(super) fn unknown(name: &str) -> String {
    match Key::nearest(name) {
        Some(key) => format!("no such setting; is `{}` meant?", key.name()),
        None => "no such setting".to_owned(),
    }
}

fn parts(key: Key, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, String> {
    match value.get_ref() {
        DeValue::Array(items) if key.is_list() => items.iter().map(|item| scalar(item.get_ref())).collect(),
        other => scalar(other).map(|text| vec![text]),
    }
}

fn scalar(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        DeValue::Boolean(yes) => Ok(yes.to_string()),
        other => Err(format!("a plain value is expected, not {}", article(other.type_str()))),
    }
}

fn article(noun: &str) -> String {
    match noun.chars().next() {
        Some('a' | 'e' | 'i' | 'o' | 'u') => format!("an {noun}"),
        _ => format!("a {noun}"),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
