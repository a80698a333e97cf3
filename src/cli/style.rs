//! Colours and glyphs. Every status has a shape of its own, so that colour only repeats what the shape
//! says; the colours are told apart by people who don't see red and green.

use std::io::IsTerminal as _;

use crate::facts::status::{NodeStatus, RunStatus};

/// What the place that is written to can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    pub colour: bool,
    pub unicode: bool,
}

/// What a piece of text means, from which its colour follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Strong,
    Dim,
    Good,
    Busy,
    Warn,
    Bad,
}

const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const SPINNER_ASCII: [&str; 4] = ["|", "/", "-", "\\"];

impl Style {
    /// For something that isn't a terminal.
    #[cfg(test)]
    pub(crate) const PIPE: Self = Self { colour: false, unicode: true };

    /// For standard output.
    pub(crate) fn of_stdout() -> Self {
        Self::of(std::io::stdout().is_terminal(), |name| std::env::var(name).ok())
    }

    /// From what the environment says; see <https://no-color.org>.
    pub(crate) fn of(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let is_dumb = set("TERM").is_some_and(|term| term == "dumb");
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
        let unicode = locale.is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        Self { colour: is_terminal && !is_dumb && set("NO_COLOR").is_none(), unicode: unicode && !is_dumb }
    }

    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Strong => "1",
            Tone::Dim => "2",
            Tone::Good => "36",
            Tone::Busy => "1;34",
            Tone::Warn => "33",
            Tone::Bad => "1;31",
        };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn pick<'a>(self, unicode: &'a str, ascii: &'a str) -> &'a str {
        if self.unicode { unicode } else { ascii }
    }

    /// The shape and tone of a node's status; a running node's turns with `tick`.
    pub(crate) fn node(self, status: NodeStatus, tick: u64) -> (&'static str, Tone) {
        match status {
            NodeStatus::Pending => (self.pick("○", "."), Tone::Dim),
            NodeStatus::Running => (self.spinner(tick), Tone::Busy),
            NodeStatus::Retrying => (self.pick("↻", "~"), Tone::Warn),
            NodeStatus::AwaitingInput => ("?", Tone::Warn),
            NodeStatus::Completed => (self.pick("✔", "+"), Tone::Good),
            NodeStatus::Failed => (self.pick("✖", "x"), Tone::Bad),
            NodeStatus::Skipped => (self.pick("↷", ">"), Tone::Dim),
            NodeStatus::Cancelled => (self.pick("⊘", "c"), Tone::Dim),
        }
    }

    /// The shape and tone of a run's status.
    pub(crate) fn run(self, status: RunStatus, tick: u64) -> (&'static str, Tone) {
        match status {
            RunStatus::Queued => (self.pick("○", "."), Tone::Dim),
            RunStatus::Running => (self.spinner(tick), Tone::Busy),
            RunStatus::AwaitingInput => ("?", Tone::Warn),
            RunStatus::Completed => (self.pick("✔", "+"), Tone::Good),
            RunStatus::Failed => (self.pick("✖", "x"), Tone::Bad),
            RunStatus::Cancelled => (self.pick("⊘", "c"), Tone::Dim),
            RunStatus::Terminated => (self.pick("■", "#"), Tone::Bad),
            RunStatus::TimedOut => (self.pick("⧗", "T"), Tone::Bad),
            RunStatus::Stale => (self.pick("◌", "z"), Tone::Warn),
        }
    }

    fn spinner(self, tick: u64) -> &'static str {
        let frames: &[&'static str] = if self.unicode { &SPINNER } else { &SPINNER_ASCII };
        let place = usize::try_from(tick).unwrap_or(0) % frames.len();
        frames[place]
    }

    /// A bar of `width` columns, filled by `completed` of `total`.
    pub(crate) fn bar(self, completed: u64, total: u64, width: usize) -> String {
        let filled = if total == 0 {
            0
        } else {
            let share = u128::from(completed.min(total)) * width as u128 / u128::from(total);
            usize::try_from(share).unwrap_or(width)
        };
        let (full, empty) = (self.pick("█", "#"), self.pick("░", "."));
        format!("{}{}", full.repeat(filled), self.paint(Tone::Dim, &empty.repeat(width - filled)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_environment_decides_about_colours_and_shapes() {
        let style = |pairs: &[(&str, &str)]| {
            let pairs: Vec<(String, String)> =
                pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            Style::of(true, move |name| pairs.iter().find(|(key, _)| key == name).map(|(_, v)| v.clone()))
        };
        assert_eq!(style(&[]), Style { colour: true, unicode: true });
        assert_eq!(style(&[("NO_COLOR", "1")]), Style { colour: false, unicode: true });
        assert!(style(&[("NO_COLOR", "")]).colour);
        assert!(!style(&[("LC_ALL", "C")]).unicode);
        assert!(style(&[("LANG", "de_DE.UTF-8")]).unicode);
        assert_eq!(style(&[("TERM", "dumb")]), Style { colour: false, unicode: false });
        assert!(!Style::of(false, |_| None).colour);
    }

    #[test]
    fn every_status_has_a_shape_of_its_own() {
        for style in [Style::PIPE, Style { colour: false, unicode: false }] {
            let nodes: HashSet<&str> =
                NodeStatus::ALL.iter().map(|status| style.node(*status, 0).0).collect();
            assert_eq!(nodes.len(), NodeStatus::ALL.len());
            let runs: HashSet<&str> = RunStatus::ALL.iter().map(|status| style.run(*status, 0).0).collect();
            assert_eq!(runs.len(), RunStatus::ALL.len());
        }
    }

    #[test]
    fn bars_fill_without_overflowing() {
        assert_eq!(Style::PIPE.bar(0, 0, 4), "░░░░");
        assert_eq!(Style::PIPE.bar(1, 2, 4), "██░░");
        assert_eq!(Style::PIPE.bar(u64::MAX, 3, 4), "████");
    }
}
