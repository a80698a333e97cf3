//! One event or log line on one line of text, for pipes. Pure, and stable: scripts read it.
//!
//! ```text
//! 2026-11-22T10:00:00.000123Z event 12 NODE_PROGRESS resolve#1 info 214 of 1,000 hosts
//! 2026-11-22T10:00:00.000140Z log 7 resolve#1 stdout host-214.example.org
//! ```
//! A run's own events have `-` in place of the node.

use crate::client::{Event, LogLine};
use crate::facts::event::ErrorFact;
use crate::facts::json::Json;

use super::board::occurred_at;
use super::sanitize::{Colours, sanitize};
use super::style::{Style, Tone};

/// The event on one line; coloured where `style` has colours.
pub(crate) fn event(event: &Event, style: Style) -> String {
    let level = event.level.as_deref().unwrap_or("info");
    let tone = match level {
        "error" => Tone::Bad,
        "warn" => Tone::Warn,
        "debug" => Tone::Dim,
        _ => Tone::Plain,
    };
    let at = style.paint(Tone::Dim, &occurred_at(event).to_string());
    let place = place(event.node_ref.as_deref(), event.attempt);
    let kind = style.paint(Tone::Strong, &clean(&event.kind));
    let said = said(event);
    let line = format!("{at} event {} {kind} {place} {}", event.seq, style.paint(tone, &clean(level)));
    if said.is_empty() { line } else { format!("{line} {said}") }
}

/// The log line on one line.
pub(crate) fn log(line: &LogLine, style: Style, colours: Colours) -> String {
    let at = line.at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    let at = style.paint(Tone::Dim, &at);
    let place = place(Some(&line.node_ref), Some(line.attempt));
    format!("{at} log {} {place} {} {}", line.log_seq, clean(&line.stream), sanitize(&line.text, colours))
}

/// `node#attempt`
fn place(node_ref: Option<&str>, attempt: Option<u32>) -> String {
    match node_ref {
        Some(name) => format!("{}#{}", clean(name), attempt.unwrap_or(1)),
        None => "-".to_owned(),
    }
}

/// The message, the error, and that the event came too late to matter; on one line.
fn said(event: &Event) -> String {
    let error = event.error.as_ref().and_then(Json::read::<ErrorFact>).map(|error| error.message);
    let message = event.message.clone().unwrap_or_default();
    let error = error.filter(|error| *error != message).unwrap_or_default();
    let late = event.metadata.as_ref().is_some_and(is_late);
    let parts = [message, error, if late { "(late)".to_owned() } else { String::new() }];
    let parts: Vec<String> =
        parts.iter().filter(|part| !part.is_empty()).map(|part| one_line(part)).collect();
    parts.join(" ")
}

fn is_late(metadata: &Json) -> bool {
    #[derive(serde::Deserialize)]
    struct Marks {
        #[serde(default)]
        late: bool,
    }
    metadata.read::<Marks>().is_some_and(|marks| marks.late)
}

/// Text of several lines on one: what stood on lines of their own is parted by ` | `.
pub(crate) fn one_line(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(clean).filter(|line| !line.trim().is_empty()).collect();
    lines.join(" | ")
}

fn clean(text: &str) -> String {
    sanitize(text, Colours::Drop)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::board::tests::event as make;
    use super::*;

    #[test]
    fn the_form_for_pipes_is_stable() {
        let node =
            make(12, "NODE_PROGRESS", Some("resolve"), json!({"message": "214 of 1,000\nhosts\u{1b}[2J"}));
        assert_eq!(
            event(&node, Style::PIPE),
            "2026-11-22T10:00:12.000000Z event 12 NODE_PROGRESS resolve#1 info 214 of 1,000 | hosts"
        );
        let run = make(
            2,
            "RUN_FAILED",
            None,
            json!({"level": "error", "error": {"message": "boom"}, "metadata": {"late": true}}),
        );
        assert_eq!(
            event(&run, Style::PIPE),
            "2026-11-22T10:00:02.000000Z event 2 RUN_FAILED - error boom (late)"
        );
        let silent = make(1, "RUN_QUEUED", None, json!({}));
        assert_eq!(event(&silent, Style::PIPE), "2026-11-22T10:00:01.000000Z event 1 RUN_QUEUED - info");
    }

    #[test]
    fn a_log_line_keeps_its_colours_only_where_wanted() {
        let line: LogLine = serde_json::from_value(json!({
            "logSeq": 7, "nodeRef": "a", "attempt": 2, "stream": "stderr", "at": "2026-11-22T10:00:00Z",
            "text": "\u{1b}[31mred\u{1b}[2J"
        }))
        .unwrap();
        assert_eq!(
            log(&line, Style::PIPE, Colours::Drop),
            "2026-11-22T10:00:00.000000Z log 7 a#2 stderr red"
        );
        assert!(log(&line, Style::PIPE, Colours::Keep).ends_with("\u{1b}[31mred\u{1b}[0m"));
    }
}
