//! Which files of a workspace an attempt leaves as artifacts: its globs, and the bounds. Pure.
//!
//! `*` stays within a directory, `**` doesn't; a glob is relative and can't climb out. Opening and copying are the
//! engines' ([`super::workspace`], [`super::docker_files`]).

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Files of one attempt; more is a directory that somebody forgot to pack.
const FILES_MAX: usize = 1_000;
/// Bytes of one file.
pub const FILE_MAX_BYTES: u64 = 1024 * 1024 * 1024;
/// Bytes of all of them, which wait on this machine's disk until they are stored.
const TOTAL_MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// Names in a note; the others are counted.
const NAMED_MAX: usize = 5;

/// Decides about one attempt's files, and remembers what has to be said afterwards.
#[derive(Debug)]
pub struct Selection {
    set: GlobSet,
    patterns: Vec<(String, bool)>,
    files: usize,
    bytes: u64,
    refused: Vec<String>,
    refused_more: usize,
}

/// Reads one glob; the error completes "`out/[` is no pattern of artifacts: ".
fn read(pattern: &str) -> Result<globset::Glob, String> {
    if pattern.starts_with('/') {
        return Err("it must be relative to the workspace".to_owned());
    }
    if pattern.split('/').any(|part| part == "..") {
        return Err("it leads out of the workspace".to_owned());
    }
    let pattern = pattern.trim_start_matches("./");
    if pattern.is_empty() {
        return Err("it is empty".to_owned());
    }
    GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| error.kind().to_string())
}

impl Selection {
    /// The error is a sentence: one of the patterns can't be used.
    pub fn new(patterns: &[String]) -> Result<Self, String> {
        let fail = |pattern: &str, why: String| format!("`{pattern}` is no pattern of artifacts: {why}");
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            set.add(read(pattern).map_err(|why| fail(pattern, why))?);
        }
        let set = set.build().map_err(|error| fail(&patterns.join(" "), error.to_string()))?;
        let patterns = patterns.iter().map(|pattern| (pattern.clone(), false)).collect();
        Ok(Self { set, patterns, files: 0, bytes: 0, refused: Vec::new(), refused_more: 0 })
    }

    /// Whether a file of this name is wanted at all.
    pub fn matches(&mut self, name: &str) -> bool {
        let matched = self.set.matches(name);
        for pattern in &matched {
            self.patterns[*pattern].1 = true;
        }
        !matched.is_empty()
    }

    /// Whether a matching file of this size is kept.
    pub fn has_room_for(&mut self, name: &str, bytes: u64) -> bool {
        if bytes > FILE_MAX_BYTES {
            self.refuse(name, "is larger than 1 GiB");
        } else if self.files == FILES_MAX {
            self.refuse(name, "is one too many: an attempt may leave 1,000 files");
        } else if self.bytes + bytes > TOTAL_MAX_BYTES {
            self.refuse(name, "is too much: an attempt may leave 4 GiB");
        } else {
            self.files += 1;
            self.bytes += bytes;
            return true;
        }
        false
    }

    /// Remembers why a matching file is not kept.
    pub fn refuse(&mut self, name: &str, why: &str) {
        if self.refused.len() < NAMED_MAX {
            self.refused.push(format!("the artifact `{name}` is not kept: it {why}"));
        } else {
            self.refused_more += 1;
        }
    }

    /// What has to be said once all files have been seen.
    #[must_use]
    pub fn warnings(self) -> Vec<String> {
        let mut warnings = self.refused;
        if self.refused_more > 0 {
            warnings.push(format!("{} more artifacts are not kept", self.refused_more));
        }
        let unmatched = self.patterns.into_iter().filter(|(_, matched)| !matched);
        warnings.extend(unmatched.map(|(pattern, _)| format!("no file matches the artifacts `{pattern}`")));
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(patterns: &[&str]) -> Result<Selection, String> {
        Selection::new(&patterns.iter().map(|pattern| (*pattern).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_star_stays_in_its_directory_and_two_do_not() {
        let mut some = selection(&["out/*.json", "./logs/**", "**/x.{a,b}", "never"]).unwrap();
        for (name, wanted) in [
            ("out/a.json", true),
            ("out/deep/a.json", false),
            ("a.json", false),
            ("logs/deep/er/a", true),
            ("x.a", true),
            ("y/z/x.b", true),
            ("x.c", false),
        ] {
            assert_eq!(some.matches(name), wanted, "{name}");
        }
        assert_eq!(some.warnings(), ["no file matches the artifacts `never`"]);
    }

    #[test]
    fn a_glob_cannot_leave_the_workspace() {
        for (pattern, why) in [
            ("/etc/*", "it must be relative to the workspace"),
            ("a/../../b", "it leads out of the workspace"),
            ("", "it is empty"),
            ("a[", "unclosed character class; missing ']'"),
        ] {
            let expected = format!("`{pattern}` is no pattern of artifacts: {why}");
            assert_eq!(selection(&[pattern]).unwrap_err(), expected);
        }
    }

    #[test]
    fn bounds_are_kept_and_said() {
        let mut some = selection(&["**"]).unwrap();
        assert!(some.matches("a") && some.has_room_for("a", FILE_MAX_BYTES));
        assert!(!some.has_room_for("b", FILE_MAX_BYTES + 1));
        assert!((0..3).all(|_| some.has_room_for("c", FILE_MAX_BYTES)));
        assert!(!some.has_room_for("d", 1) && some.has_room_for("e", 0));
        assert_eq!((0..2_000).filter(|_| some.has_room_for("f", 0)).count(), FILES_MAX - 5);
        let warnings = some.warnings();
        assert_eq!(warnings[0], "the artifact `b` is not kept: it is larger than 1 GiB");
        assert_eq!(warnings[1], "the artifact `d` is not kept: it is too much: an attempt may leave 4 GiB");
        assert_eq!((warnings.len(), warnings[5].as_str()), (6, "1002 more artifacts are not kept"));
    }
}
