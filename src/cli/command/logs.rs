//! `telltale logs`: the output of a run's nodes, as it is stored and as it comes.

use std::borrow::Cow;
use std::io::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::cli::args::LogsArgs;
use crate::cli::failure::{DONE, Failure, INTERRUPTED};
use crate::cli::lines::one_line;
use crate::cli::sanitize::{Colours, sanitize};
use crate::cli::server;
use crate::cli::style::{Style, Tone};
use crate::client::{Client, LogLine, LogQuery, WatchItem, WatchOptions};
use crate::facts::event::Level;
use crate::facts::id::{Cursor, RunId};
use crate::facts::line_pattern::LinePattern;

/// Enough for a page that is fetched in a blink and printed in one write.
const PAGE: u32 = 1_000;
/// `stopped` of a page that has looked at everything there is.
const AT_THE_END: &str = "end";

pub(crate) async fn logs(args: &LogsArgs) -> Result<u8, Failure> {
    let filter = Filter::new(args)?;
    let client = server::client(&args.flags.settings()?)?;
    let run_id = server::run_id(&client, &args.run).await?;
    let form = match (args.json, args.raw) {
        (true, _) => Form::Json,
        (false, true) => Form::Raw,
        (false, false) => Form::View { with_node: args.node.is_none() },
    };
    let printer = Printer { style: Style::of_stdout(), form };
    let query = LogQuery {
        node_ref: args.node.clone(),
        attempt: args.attempt,
        stream: args.stream.clone(),
        level: args.level.clone(),
        q: args.grep.clone(),
        ..LogQuery::default()
    };
    let mut cursor = Cursor::default();
    match args.tail {
        Some(tail) => cursor.log_seq = print_tail(&client, &run_id, query, tail, &printer).await?,
        None if !args.follow => print_all(&client, &run_id, query, &printer).await?,
        None => {}
    }
    if !args.follow {
        return Ok(DONE);
    }
    // Events are of no interest here, so the stream starts behind them.
    cursor.seq = client.get_run(&run_id, None).await?.head_seq;
    follow(&client, &run_id, cursor, &filter, &printer).await
}

async fn print_all(
    client: &Client,
    run_id: &RunId,
    mut query: LogQuery,
    printer: &Printer,
) -> Result<(), Failure> {
    query.limit = Some(PAGE);
    // Each page moves `after`, and one that doesn't is the last. A long search gives pages without a line on its way.
    loop {
        let page = client.read_logs(run_id, &query).await?;
        printer.print(page.lines.iter())?;
        let next = page.next_after.or(page.lines.last().map(|line| line.log_seq));
        let is_last = page.stopped.as_deref() == Some(AT_THE_END)
            || page.lines.is_empty() && next <= query.after
            || next.is_none();
        if is_last {
            return Ok(());
        }
        query.after = next;
    }
}

/// Prints the last lines, and gives the place behind them, whether they fit the filter or not.
async fn print_tail(
    client: &Client,
    run_id: &RunId,
    mut query: LogQuery,
    tail: u32,
    printer: &Printer,
) -> Result<u64, Failure> {
    let mut pages = Vec::new();
    let mut head = None;
    let mut wanted = tail;
    // A long search ends when its time is up, and goes on further back.
    while wanted > 0 {
        query.tail = Some(wanted);
        let page = client.read_logs(run_id, &query).await?;
        head = head.or(page.next_after).or(page.lines.last().map(|line| line.log_seq));
        wanted = wanted.saturating_sub(u32::try_from(page.lines.len()).unwrap_or(u32::MAX));
        pages.push(page.lines);
        let is_last = page.stopped.as_deref().is_none_or(|stopped| stopped == AT_THE_END);
        if is_last || page.next_before.is_none_or(|next| next <= 1) {
            break;
        }
        query.before = page.next_before;
    }
    printer.print(pages.iter().rev().flatten())?;
    Ok(head.unwrap_or(0))
}

async fn follow(
    client: &Client,
    run_id: &RunId,
    cursor: Cursor,
    filter: &Filter,
    printer: &Printer,
) -> Result<u8, Failure> {
    let mut watch = client.watch(run_id, WatchOptions { cursor, ..WatchOptions::default() });
    loop {
        let item = tokio::select! {
            item = watch.next() => item,
            _ = tokio::signal::ctrl_c() => return Ok(INTERRUPTED),
        };
        match item {
            Some(Ok(WatchItem::Logs(lines))) => {
                printer.print(lines.iter().filter(|line| filter.lets(line)))?
            }
            Some(Ok(WatchItem::Resumed { log_seq, gaps, .. })) => {
                eprintln!("resumed at log line {log_seq}, {gaps} gaps");
            }
            Some(Ok(WatchItem::Lost { reason })) => {
                eprintln!("connection lost, reconnecting: {}", one_line(&reason));
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
            None => return Ok(DONE),
        }
    }
}

/// The same choice as the server's, for lines that come live.
struct Filter {
    node: Option<String>,
    attempt: Option<u32>,
    stream: Option<String>,
    patterns: Vec<LinePattern>,
}

impl Filter {
    fn new(args: &LogsArgs) -> Result<Self, Failure> {
        let level = args.level.as_ref().and_then(|level| level.parse::<Level>().ok());
        let mut patterns: Vec<LinePattern> = level.and_then(LinePattern::of_level).into_iter().collect();
        if let Some(text) = &args.grep {
            let pattern = LinePattern::parse(text);
            patterns.push(pattern.map_err(|fault| Failure::WrongUse(format!("--grep: `{text}` {fault}")))?);
        }
        Ok(Self { node: args.node.clone(), attempt: args.attempt, stream: args.stream.clone(), patterns })
    }

    fn lets(&self, line: &LogLine) -> bool {
        self.node.as_ref().is_none_or(|node| *node == line.node_ref)
            && self.attempt.is_none_or(|attempt| attempt == line.attempt)
            && self.stream.as_ref().is_none_or(|stream| *stream == line.stream)
            && self.patterns.iter().all(|pattern| pattern.is_match(&exact(line)))
    }
}

/// The line's bytes as the node wrote them.
fn exact(line: &LogLine) -> Cow<'_, [u8]> {
    let bytes = line.bytes.as_ref().and_then(|bytes| BASE64.decode(bytes).ok());
    bytes.map_or(Cow::Borrowed(line.text.as_bytes()), Cow::Owned)
}

#[derive(Debug, Clone, Copy)]
enum Form {
    /// For people: safe, on one line, with the node where there are several.
    View {
        with_node: bool,
    },
    Raw,
    Json,
}

#[derive(Debug, Clone, Copy)]
struct Printer {
    style: Style,
    form: Form,
}

impl Printer {
    fn print<'a>(&self, lines: impl Iterator<Item = &'a LogLine>) -> io::Result<()> {
        let mut text = Vec::new();
        for line in lines {
            self.write(line, &mut text)?;
        }
        let mut out = io::stdout().lock();
        out.write_all(&text)?;
        out.flush()
    }

    /// `node | line`, with `!` instead of the bar for stderr; the line alone where there is one node.
    fn write(&self, line: &LogLine, out: &mut Vec<u8>) -> io::Result<()> {
        let with_node = match self.form {
            Form::Json => {
                serde_json::to_writer(&mut *out, line)?;
                out.push(b'\n');
                return Ok(());
            }
            Form::Raw => {
                out.extend_from_slice(&exact(line));
                out.extend(line.eol.then_some(b'\n'));
                return Ok(());
            }
            Form::View { with_node } => with_node,
        };
        if with_node {
            let (mark, tone) = if line.stream == "stderr" { ('!', Tone::Warn) } else { ('|', Tone::Dim) };
            let prefix = format!("{} {mark} ", one_line(&line.node_ref));
            out.extend_from_slice(self.style.paint(tone, &prefix).as_bytes());
        }
        let colours = if self.style.colour { Colours::Keep } else { Colours::Drop };
        out.extend_from_slice(sanitize(&line.text, colours).as_bytes());
        out.push(b'\n');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(stream: &str, text: &str) -> LogLine {
        serde_json::from_value(json!({"logSeq": 1, "nodeRef": "a", "stream": stream, "text": text})).unwrap()
    }

    fn printed(form: Form, line: &LogLine) -> String {
        let mut out = Vec::new();
        Printer { style: Style::PIPE, form }.write(line, &mut out).unwrap();
        out.escape_ascii().to_string()
    }

    #[test]
    fn lines_are_made_safe_unless_raw_is_asked_for() {
        let view = Form::View { with_node: true };
        assert_eq!(printed(view, &line("stdout", "\u{1b}[31mx\u{1b}[2J")), "a | x\\n");
        assert_eq!(printed(view, &line("stderr", "10 %\r50 %\r100 %\r")), "a ! 100 %\\n");
        assert_eq!(printed(Form::View { with_node: false }, &line("stdout", "x")), "x\\n");
        assert_eq!(printed(Form::Raw, &line("stdout", "\u{1b}[2J1\r2")), "\\x1b[2J1\\r2\\n");
        let bytes = LogLine { eol: false, bytes: Some("/wA=".into()), ..line("stdout", "\u{fffd}\0") };
        assert_eq!(printed(Form::Raw, &bytes), "\\xff\\x00");
    }

    #[test]
    fn json_is_a_line_as_the_server_gives_it() {
        let late = LogLine { late: true, eol: false, ..line("stdout", "1\r2") };
        let printed: serde_json::Value = {
            let mut out = Vec::new();
            Printer { style: Style::PIPE, form: Form::Json }.write(&late, &mut out).unwrap();
            serde_json::from_slice(&out).unwrap()
        };
        assert_eq!(
            (&printed["text"], &printed["late"], &printed["eol"]),
            (&json!("1\r2"), &json!(true), &json!(false))
        );
    }

    #[test]
    fn live_lines_are_filtered_like_stored_ones() {
        let lets = |grep: &str, line: &LogLine| {
            let patterns = vec![LinePattern::parse(grep).unwrap()];
            Filter { node: None, attempt: None, stream: None, patterns }.lets(line)
        };
        let text = |text| line("stdout", text);
        assert!(lets("ho.t", &text("a ho.t")) && !lets("ho.t", &text("a host")));
        assert!(lets("/ho.t$/", &text("a host")) && !lets("/ho.t$/", &text("host a")));
        assert!(lets("/", &text("a/b")));
        let bytes = LogLine { bytes: Some("/wA=".into()), ..text("\u{fffd}\0") };
        assert!(lets(r"/(?-u)\xff/", &bytes) && !lets("\u{fffd}", &bytes));
    }
}
