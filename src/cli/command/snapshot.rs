//! `telltale snapshot`: a run's normalised timeline, printed or held against a file.

use std::io::{self, Write as _};
use std::path::Path;

use crate::cli::failure::{DONE, Failure, RUN_FAILED};
use crate::cli::regression_args::{ReportFormat, SnapshotArgs};
use crate::cli::style::{Style, Tone};
use crate::cli::{server, timeline};
use crate::facts::timeline::{Checked, Part, check, parts, snapshot};

pub(crate) async fn snapshot_command(args: &SnapshotArgs) -> Result<u8, Failure> {
    let rules = timeline::rules(args.rules.as_deref())?;
    let client = server::client(&args.flags.settings()?)?;
    let run_id = server::run_id(&client, &args.run).await?;
    let found = timeline::timeline(&client, &run_id, &rules).await?;
    let found = snapshot(&found, &rules, args.durations.is_some());
    let Some(path) = &args.check else {
        print(&found)?;
        return Ok(DONE);
    };
    let expected = match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound && args.update => None,
        Err(error) => return Err(Failure::WrongUse(format!("{} can't be read: {error}", path.display()))),
    };
    let checked = expected.as_deref().map(|expected| check(expected, &found, args.durations));
    let is_equal = checked.as_ref().is_some_and(Checked::is_equal);
    if args.update {
        if !is_equal {
            std::fs::write(path, &found).map_err(|error| {
                Failure::WrongUse(format!("{} can't be written: {error}", path.display()))
            })?;
            eprintln!("{} is written", path.display());
        }
        return Ok(DONE);
    }
    let (expected, checked) =
        (expected.unwrap_or_default(), checked.unwrap_or_else(|| check("", &found, None)));
    let style = Style::of_stdout();
    print(&match args.format {
        ReportFormat::Text => text(&checked, path, style),
        ReportFormat::Junit => junit(&checked, &parts(&expected, &found), path),
        ReportFormat::Github => github(&checked, &parts(&expected, &found), path),
    })?;
    Ok(if is_equal { DONE } else { RUN_FAILED })
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn text(checked: &Checked, path: &Path, style: Style) -> String {
    let mut text = String::new();
    for line in checked.difference.lines() {
        let tone = match line.as_bytes().first() {
            Some(b'-') => Tone::Bad,
            Some(b'+') => Tone::Good,
            Some(b'@') => Tone::Dim,
            _ => Tone::Plain,
        };
        text += &format!("{}\n", style.paint(tone, &printable(line)));
    }
    for slow in &checked.slow {
        text += &format!("{}\n", style.paint(Tone::Bad, slow));
    }
    let (tone, said) = match checked.is_equal() {
        true => (Tone::Good, "is as it should be"),
        false => (Tone::Bad, "differs; --update takes it as it is now"),
    };
    text + &format!("{} {}\n", path.display(), style.paint(tone, said))
}

/// JSON text has no control characters but those that are printed like this.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Each part by its name and what is wrong with it, durations last.
fn cases<'a>(checked: &'a Checked, parts: &'a [Part]) -> impl Iterator<Item = (String, usize, String)> + 'a {
    let of_parts = parts.iter().map(|part| {
        let name = if part.name.is_empty() { "run".to_owned() } else { format!("node {}", part.name) };
        (name, part.line, part.difference.clone())
    });
    let durations = (!checked.slow.is_empty()).then(|| ("durations".to_owned(), 1, checked.slow.join("\n")));
    of_parts.chain(durations)
}

fn junit(checked: &Checked, parts: &[Part], path: &Path) -> String {
    let all: Vec<_> = cases(checked, parts).collect();
    let failed = all.iter().filter(|(_, _, fault)| !fault.is_empty()).count();
    let suite = xml(&path.display().to_string());
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"{suite}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">\n",
        all.len()
    );
    for (name, line, fault) in all {
        let case = format!(
            "<testcase classname=\"telltale.snapshot\" name=\"{}\" file=\"{suite}\" line=\"{line}\"",
            xml(&name)
        );
        text += &match fault.is_empty() {
            true => format!("{case}/>\n"),
            false => format!(
                "{case}><failure message=\"differs from {suite}\">{}</failure></testcase>\n",
                xml(&fault)
            ),
        };
    }
    text + "</testsuite>\n</testsuites>\n"
}

/// Text for XML 1.0, which has no control characters.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Workflow commands of GitHub Actions: an error at the line of each part that differs.
fn github(checked: &Checked, parts: &[Part], path: &Path) -> String {
    let value = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| value(text).replace(':', "%3A").replace(',', "%2C");
    let file = property(&path.display().to_string());
    let faults = cases(checked, parts).filter(|(_, _, fault)| !fault.is_empty());
    let lines = faults.map(|(name, line, fault)| {
        let title = property(&format!("{name} differs"));
        format!("::error file={file},line={line},title={title}::{}\n", value(&fault))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "{\n  \"status\": \"COMPLETED\",\n  \"nodes\": [\n    {\"node\": \"a\", \"status\": \"COMPLETED\"}\n  ]\n}\n";

    fn new() -> String {
        OLD.replace("\"a\", \"status\": \"COMPLETED\"", "\"a\", \"status\": \"FAILED<&\"")
    }

    #[test]
    fn junit_has_a_case_for_the_run_and_each_node() {
        let checked = check(OLD, &new(), None);
        let text = junit(&checked, &parts(OLD, &new()), Path::new("golden/x.json"));
        assert!(text.contains("tests=\"2\" failures=\"1\""), "{text}");
        assert!(text.contains("name=\"node a\" file=\"golden/x.json\" line=\"4\"><failure"), "{text}");
        assert!(text.contains("FAILED&lt;&amp;"), "{text}");
    }

    #[test]
    fn github_gets_one_line_for_each_fault() {
        let checked = check(OLD, &new(), None);
        let text = github(&checked, &parts(OLD, &new()), Path::new("a,b.json"));
        assert_eq!(text.lines().count(), 1);
        assert!(
            text.starts_with("::error file=a%2Cb.json,line=4,title=node a differs::--- expected%0A"),
            "{text}"
        );
        assert_eq!(github(&check(OLD, OLD, None), &parts(OLD, OLD), Path::new("x")), "");
    }
}
