//! What a check found, and how it is told.

use serde_json::json;

use crate::cli::lines::one_line;
use crate::cli::style::{Style, Tone};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Ok,
    /// telltale works, with less than it could.
    Warn,
    /// telltale doesn't work, or doesn't keep its promises.
    Fail,
}

/// One line of the doctor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    pub verdict: Verdict,
    /// What was looked at, in a word or two.
    pub subject: &'static str,
    /// What was seen.
    pub finding: String,
    /// What to do; nothing when all is well.
    pub advice: Option<String>,
}

impl Check {
    pub(crate) fn ok(subject: &'static str, finding: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, subject, finding: finding.into(), advice: None }
    }

    pub(crate) fn warn(subject: &'static str, finding: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warn, subject, finding: finding.into(), advice: Some(advice.into()) }
    }

    pub(crate) fn fail(subject: &'static str, finding: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, ..Self::warn(subject, finding, advice) }
    }

    /// The check as an object in a line.
    pub(crate) fn json(&self) -> String {
        let verdict = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        };
        let Self { subject, finding, advice, .. } = self;
        let told = json!({ "verdict": verdict, "subject": subject, "finding": finding, "advice": advice });
        format!("{told}\n")
    }

    /// `ok    data directory   /var/lib/telltale is writable`, and the advice below.
    pub(crate) fn text(&self, style: Style) -> String {
        let (word, tone) = match self.verdict {
            Verdict::Ok => ("ok  ", Tone::Good),
            Verdict::Warn => ("warn", Tone::Warn),
            Verdict::Fail => ("fail", Tone::Bad),
        };
        let mut text =
            format!("{}  {:<18}{}\n", style.paint(tone, word), self.subject, one_line(&self.finding));
        if let Some(advice) = &self.advice {
            text.push_str(&format!("      {:<18}{}\n", "", style.paint(Tone::Dim, &one_line(advice))));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_stands_below_its_finding() {
        let text = Check::warn("clock", "2 s behind", "run an NTP client").text(Style::PIPE);
        assert_eq!(text, "warn  clock             2 s behind\n                        run an NTP client\n");
        assert_eq!(Check::ok("clock", "fine").text(Style::PIPE), "ok    clock             fine\n");
    }
}
