//! What an import says: its bar, its faults, who was brought, and the line at its end.

use std::io::IsTerminal as _;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::cli::lines::one_line;
use crate::facts::account::{Email, Role};
use crate::historic::send_users::SentUsers;
use crate::historic::{Progress, RowFault, Sent};

/// Faults that are spelled out; all of them are counted.
const FAULTS_TOLD_MAX: usize = 100;

/// Hidden where nobody looks.
pub(super) fn bar(total: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), "{wide_bar} {pos}/{len} runs, {msg}, {per_sec}, {eta} left"),
        None => (ProgressBar::new_spinner(), "{spinner} {pos} runs, {msg}, {per_sec}"),
    };
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// What stands beside the bar.
pub(super) fn progress(progress: &Progress, took: Duration) -> String {
    let [events, lines, files] =
        [&progress.events, &progress.lines, &progress.files].map(|it| it.load(Relaxed));
    let mut text = format!("{events} events");
    if lines > 0 {
        text.push_str(&format!(", {lines} lines ({:.0}/s)", rate(lines, took)));
    }
    if files > 0 {
        text.push_str(&format!(", {files} files"));
    }
    text
}

pub(super) fn tell_faults(faults: &[RowFault]) {
    for fault in faults.iter().take(FAULTS_TOLD_MAX) {
        eprintln!("{}", one_line(&fault.to_string()));
    }
    if faults.len() > FAULTS_TOLD_MAX {
        eprintln!("… and {} more", faults.len() - FAULTS_TOLD_MAX);
    }
}

pub(super) fn json(sent: &Sent, users: &SentUsers, dry_run: bool) -> String {
    let told = json!({
        "runs": sent.runs, "events": sent.events, "duplicates": sent.duplicates, "documents": sent.documents,
        "lines": sent.lines, "duplicateLines": sent.duplicate_lines, "files": sent.files, "fileBytes": sent.file_bytes,
        "users": users.made, "usersThere": users.there, "faults": sent.faults.len(), "dryRun": dry_run,
    });
    format!("{told}\n")
}

/// A line for each user.
pub(super) fn told_users(users: &SentUsers, role: Role, dry_run: bool) -> String {
    let name = |email: &Email| one_line(email.as_str());
    let verb = if dry_run { "would become" } else { "is now" };
    let made = users.made.iter().map(|email| format!("{} {verb} {role} of the organization\n", name(email)));
    let there =
        users.there.iter().map(|email| format!("{} has an account, which was left as it is\n", name(email)));
    made.chain(there).collect()
}

/// The last line.
pub(super) fn told(sent: &Sent, took: Duration, dry_run: bool) -> String {
    let verb = if dry_run { "would be imported" } else { "imported" };
    let seconds = took.as_secs_f64();
    let (runs, events) = (sent.runs, sent.events);
    let mut text =
        format!("{runs} runs, {events} events {verb} in {seconds:.1} s ({:.0} events/s)", rate(events, took));
    for (count, what) in [
        (sent.duplicates, "events were there already"),
        (sent.documents, "documents became files"),
        (sent.lines, "lines of output"),
        (sent.duplicate_lines, "of these lines were there already"),
        (sent.files, "files copied"),
        (sent.faults.len() as u64, "rows were not taken"),
    ] {
        if count > 0 {
            text.push_str(&format!("; {count} {what}"));
        }
    }
    text.push('\n');
    text
}

fn rate(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64().max(0.001)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_counts_what_there_was() {
        let sent = Sent { runs: 2, events: 10, lines: 7, files: 1, ..Sent::default() };
        let took = Duration::from_secs(2);
        let line = told(&sent, took, false);
        assert_eq!(
            line,
            "2 runs, 10 events imported in 2.0 s (5 events/s); 7 lines of output; 1 files copied\n"
        );
        let watched = Progress { events: 10.into(), lines: 6.into(), files: 1.into() };
        assert_eq!(progress(&watched, took), "10 events, 6 lines (3/s), 1 files");
        let users = SentUsers {
            made: vec!["a@example.org".parse().unwrap()],
            there: vec!["b@example.org".parse().unwrap()],
            faults: Vec::new(),
        };
        let told = told_users(&users, Role::Viewer, true);
        assert!(
            told.starts_with("a@example.org would become viewer of the organization\nb@example.org has"),
            "{told}"
        );
    }
}
