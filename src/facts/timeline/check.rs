//! A snapshot held against the one in a file: a readable difference, and durations within a tolerance.

use serde_json::Value;

use super::text::written;

/// Lines shown around each difference.
const CONTEXT: usize = 3;
/// Lines that are compared exactly; beyond, the parts that differ are shown whole.
const LINES_MAX: usize = 4_000;
/// Lines of a difference that are shown.
const SHOWN_MAX: usize = 400;
/// Milliseconds by which any duration may differ: a busy machine's pauses, which are no behaviour.
const SLACK_MS: u64 = 250;
const SECTION: &str = "  \"durations\": ";

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// A unified difference; empty where the texts agree.
    pub difference: String,
    /// Durations out of their tolerance, each a sentence.
    pub slow: Vec<String>,
}

impl Checked {
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.difference.is_empty() && self.slow.is_empty()
    }
}

/// Compares `found` with `expected`. `percent`: how far durations may be off, where both texts have them.
#[must_use]
pub fn check(expected: &str, found: &str, percent: Option<u32>) -> Checked {
    let (expected, expected_times) = without_durations(expected);
    let (found, found_times) = without_durations(found);
    let slow = match (percent, expected_times, found_times) {
        (Some(percent), Some(expected), Some(found)) => off(&expected, &found, percent),
        _ => Vec::new(),
    };
    Checked { difference: unified(&expected, &found), slow }
}

/// The lines without the section of durations, and that section. The comma before it does not count either.
fn without_durations(text: &str) -> (Vec<&str>, Option<Value>) {
    let section = text.lines().find_map(|line| line.strip_prefix(SECTION));
    let times = section.and_then(|rest| serde_json::from_str(rest.trim_end_matches(',')).ok());
    (text.lines().filter(|line| !line.starts_with(SECTION)).collect(), times)
}

fn off(expected: &Value, found: &Value, percent: u32) -> Vec<String> {
    let mut slow = Vec::new();
    let mut one = |what: String, expected: &Value, found: &Value| {
        let (Some(before), Some(now)) = (expected.as_u64(), found.as_u64()) else { return };
        let allowed = (before.saturating_mul(u64::from(percent)) / 100).max(SLACK_MS);
        if before.abs_diff(now) > allowed {
            slow.push(format!("{what} took {now} ms, where {before} ms ± {allowed} ms are expected"));
        }
    };
    one("the run".into(), &expected["run"], &found["run"]);
    let nodes = expected["byNode"].as_object().into_iter().flatten();
    for (id, attempts) in nodes {
        for (place, before) in attempts.as_array().into_iter().flatten().enumerate() {
            one(format!("{id}, attempt {}", place + 1), before, &found["byNode"][id][place]);
        }
    }
    slow
}

/// A part of a snapshot that a report speaks of: the run itself, or one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The node's name; empty for the run itself.
    pub name: String,
    /// Where it stands in the expected text, from 1; 1 where it is not there.
    pub line: usize,
    /// As [`Checked::difference`].
    pub difference: String,
}

/// The run and each node of either text by itself, those that agree too.
#[must_use]
pub fn parts(expected: &str, found: &str) -> Vec<Part> {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let (mut old, mut new) = (read(expected), read(found));
    let nodes = |document: &mut Value| -> Vec<Value> {
        if let Some(map) = document.as_object_mut() {
            map.remove("durations");
        }
        document.get_mut("nodes").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default()
    };
    let (old_nodes, new_nodes) = (nodes(&mut old), nodes(&mut new));
    let name = |node: &Value| node["node"].as_str().unwrap_or_default().to_owned();
    let part = |name: String, old: Option<&Value>, new: Option<&Value>| {
        let text = |value: Option<&Value>| value.map(written).unwrap_or_default();
        let (old, new) = (text(old), text(new));
        let difference = unified(&old.lines().collect::<Vec<_>>(), &new.lines().collect::<Vec<_>>());
        let mark = format!("\"node\": {}", Value::String(name.clone()));
        let line =
            expected.lines().position(|line| !name.is_empty() && line.contains(&mark)).map_or(1, |at| at + 1);
        Part { name, line, difference }
    };
    let mut parts = vec![part(String::new(), Some(&old), Some(&new))];
    for node in &old_nodes {
        let other = new_nodes.iter().find(|other| name(other) == name(node));
        parts.push(part(name(node), Some(node), other));
    }
    for node in new_nodes.iter().filter(|node| !old_nodes.iter().any(|other| name(other) == name(node))) {
        parts.push(part(name(node), None, Some(node)));
    }
    parts
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change<'a> {
    Same(&'a str),
    Gone(&'a str),
    New(&'a str),
}

/// `--- expected` / `+++ found`, with a few lines around what differs.
fn unified(expected: &[&str], found: &[&str]) -> String {
    if expected == found {
        return String::new();
    }
    let changes = changes(expected, found);
    let is_near: Vec<bool> = (0..changes.len())
        .map(|place| {
            let around = place.saturating_sub(CONTEXT)..(place + CONTEXT + 1).min(changes.len());
            changes[around].iter().any(|change| !matches!(change, Change::Same(_)))
        })
        .collect();
    let mut out = String::from("--- expected\n+++ found\n");
    let (mut old, mut new, mut shown) = (1, 1, 0);
    for (place, change) in changes.iter().enumerate() {
        if is_near[place] {
            if place == 0 || !is_near[place - 1] {
                out += &format!("@@ line {old}, now {new} @@\n");
            }
            shown += 1;
            if shown > SHOWN_MAX {
                out += "… and more\n";
                return out;
            }
            out += &match change {
                Change::Same(line) => format!(" {line}\n"),
                Change::Gone(line) => format!("-{line}\n"),
                Change::New(line) => format!("+{line}\n"),
            };
        }
        old += usize::from(!matches!(change, Change::New(_)));
        new += usize::from(!matches!(change, Change::Gone(_)));
    }
    out
}

/// The longest common subsequence between what both begin and end with.
fn changes<'a>(expected: &[&'a str], found: &[&'a str]) -> Vec<Change<'a>> {
    let head = expected.iter().zip(found).take_while(|(a, b)| a == b).count();
    let (old, new) = (&expected[head..], &found[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (middle_old, end) = old.split_at(old.len() - tail);
    let middle_new = &new[..new.len() - tail];
    let mut all: Vec<Change<'a>> = expected[..head].iter().map(|line| Change::Same(line)).collect();
    if middle_old.len().max(middle_new.len()) > LINES_MAX {
        all.extend(middle_old.iter().map(|line| Change::Gone(line)));
        all.extend(middle_new.iter().map(|line| Change::New(line)));
    } else {
        all.extend(common(middle_old, middle_new));
    }
    all.extend(end.iter().map(|line| Change::Same(line)));
    all
}

fn common<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Change<'a>> {
    // lengths[i][j]: of the longest common subsequence of old[i..] and new[j..].
    let width = new.len() + 1;
    let mut lengths = vec![0_u16; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            lengths[i * width + j] = if old[i] == new[j] {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut changes = Vec::with_capacity(old.len() + new.len());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            changes.push(Change::Same(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len()
            || (i < old.len() && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])
        {
            changes.push(Change::Gone(old[i]));
            i += 1;
        } else {
            changes.push(Change::New(new[j]));
            j += 1;
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown_with_a_little_around_it() {
        let text = |word: &str| {
            (1..=20).map(|n| if n == 10 { format!("{word}\n") } else { format!("{n}\n") }).collect::<String>()
        };
        let checked = check(&text("old"), &text("new"), None);
        assert_eq!(
            checked.difference,
            "--- expected\n+++ found\n@@ line 7, now 7 @@\n 7\n 8\n 9\n-old\n+new\n 11\n 12\n 13\n"
        );
        assert!(check(&text("a"), &text("a"), None).is_equal());
        assert!(check("a\nb\n", "a\n", None).difference.contains("-b"));
    }

    #[test]
    fn durations_count_only_beyond_their_tolerance() {
        let text =
            |ms: u64| format!("{{\n  \"durations\": {{\"run\": {ms}, \"byNode\": {{\"n1\": [{ms}]}}}}\n}}\n");
        assert!(check(&text(1_000), &text(5_000), None).is_equal());
        assert!(check(&text(1_000), &text(1_200), Some(10)).is_equal());
        let slow = check(&text(1_000), &text(2_000), Some(50)).slow;
        assert_eq!(slow.len(), 2);
        assert!(slow[1].starts_with("n1, attempt 1 took 2000 ms"), "{slow:?}");
    }
}
