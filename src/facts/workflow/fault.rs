//! What is wrong with a workflow file, where, and what was expected there.
//!
//! Owns the words of the message `file:line:column: found …, expected …` and the guess behind "did you mean".
//! Never stops at the first fault: the readers go on and collect.

use std::fmt;

/// More faults than this are counted, not printed: one missing indent can make a thousand.
const PRINTED_MAX: usize = 50;

/// A place in the file, both counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub at: Place,
    pub found: String,
    pub expected: String,
}

impl Fault {
    #[must_use]
    pub fn new(at: Place, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { at, found: found.into(), expected: expected.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at: Place { line, column }, found, expected } = self;
        write!(f, "{line}:{column}: found {found}, expected {expected}")
    }
}

/// Everything that is wrong with one file, in the order of the file; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    file: String,
    faults: Vec<Fault>,
}

impl Faults {
    /// Sorts `faults` into the order of the file.
    #[must_use]
    pub fn new(file: &str, mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(|fault| fault.at);
        Self { file: file.to_owned(), faults }
    }

    #[must_use]
    pub fn list(&self) -> &[Fault] {
        &self.faults
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().take(PRINTED_MAX).enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{fault}", self.file)?;
        }
        match self.faults.len().saturating_sub(PRINTED_MAX) {
            0 => Ok(()),
            more => write!(f, "\n{}: and {more} more", self.file),
        }
    }
}

impl std::error::Error for Faults {}

/// A found text between backquotes, cut so that a message stays readable, without control characters.
#[must_use]
pub fn quoted(text: &str) -> String {
    const SHOWN_MAX: usize = 60;
    let mut shown: String =
        text.chars().take(SHOWN_MAX).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// `, did you mean ...?` for the nearest of `candidates`, or nothing when none is near.
#[must_use]
pub fn did_you_mean<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    // A third of the letters wrong is still a typing mistake; more is another word.
    let allowed = (found.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (distance(found, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map_or_else(String::new, |(_, candidate)| format!(" (did you mean {}?)", quoted(candidate)))
}

/// Edits (insert, delete, replace, swap of neighbours) between two words: optimal string alignment.
fn distance(a: &str, b: &str) -> usize {
    // Nobody mistypes a word that long, and the table would be large.
    const WORD_MAX: usize = 64;
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().max(b.len()) > WORD_MAX {
        return usize::MAX;
    }
    let mut table = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for (i, row) in table.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in table[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replace = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(table[i - 2][j - 2] + 1);
            }
            table[i][j] = best;
        }
    }
    table[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        let words = ["needs", "image", "run", "env", "timeout", "retries"];
        assert_eq!(did_you_mean("neds", words), " (did you mean `needs`?)");
        assert_eq!(did_you_mean("tiemout", words), " (did you mean `timeout`?)");
        assert_eq!(did_you_mean("container", words), "");
    }

    #[test]
    fn long_and_unprintable_texts_are_shown_safely() {
        assert_eq!(quoted("a\u{1b}[31m"), "`a\u{fffd}[31m`");
        assert!(quoted(&"x".repeat(10_000)).chars().count() < 70);
    }
}
