//! `telltale logs`: the output of a run's nodes, as it is stored and as it comes.

use std::io::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use regex::Regex;

use crate::cli::args::LogsArgs;
use crate::cli::failure::{DONE, Failure, INTERRUPTED};
use crate::cli::lines::one_line;
use crate::cli::sanitize::{Colours, sanitize};
use crate::cli::server;
use crate::cli::style::{Style, Tone};
use crate::client::{Client, LogLine, LogQuery, WatchItem, WatchOptions};
use crate::facts::id::{Cursor, RunId};

/// Enough for a page that is fetched in a blink and printed in one write.
const PAGE: u32 = 1_000;
/// A pattern that compiles to more than this is refused, as the server does.
const PATTERN_MAX_BYTES: usize = 1024 * 1024;

pub(crate) async fn logs(args: &LogsArgs) -> Result<u8, Failure> {
    let filter = Filter::new(args)?;
    let client = server::client(&args.flags.settings()?)?;
    let run_id = server::run_id(&client, &args.run).await?;
    let printer = Printer { style: Style::of_stdout(), raw: args.raw, with_node: args.node.is_none() };
    let mut query = LogQuery {
        after: None,
        node_ref: args.node.clone(),
        attempt: args.attempt,
        stream: args.stream.clone(),
        q: args.grep.clone(),
        limit: Some(PAGE),
        tail: None,
    };
    if !args.follow && args.tail.is_none() {
        return print_all(&client, &run_id, query, &printer).await.map(|()| DONE);
    }
    let mut cursor = Cursor::default();
    if let Some(tail) = args.tail {
        (query.tail, query.limit) = (Some(tail), None);
        let page = client.read_logs(&run_id, &query).await?;
        cursor.log_seq = page.lines.last().map_or(0, |line| line.log_seq);
        printer.print(page.lines.iter())?;
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
    // Each page moves `after`, and one that doesn't is the last.
    loop {
        let page = client.read_logs(run_id, &query).await?;
        printer.print(page.lines.iter())?;
        let next = page.next_after.or(page.lines.last().map(|line| line.log_seq));
        if page.lines.is_empty() && next <= query.after || next.is_none() {
            return Ok(());
        }
        query.after = next;
    }
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
    text: Option<Text>,
}

enum Text {
    Plain(String),
    Pattern(Regex),
}

impl Filter {
    fn new(args: &LogsArgs) -> Result<Self, Failure> {
        let text = args.grep.as_deref().map(Text::new).transpose()?;
        Ok(Self { node: args.node.clone(), attempt: args.attempt, stream: args.stream.clone(), text })
    }

    fn lets(&self, line: &LogLine) -> bool {
        self.node.as_ref().is_none_or(|node| *node == line.node_ref)
            && self.attempt.is_none_or(|attempt| attempt == line.attempt)
            && self.stream.as_ref().is_none_or(|stream| *stream == line.stream)
            && self.text.as_ref().is_none_or(|text| match text {
                Text::Plain(text) => line.text.contains(text.as_str()),
                Text::Pattern(pattern) => pattern.is_match(&line.text),
            })
    }
}

impl Text {
    fn new(text: &str) -> Result<Self, Failure> {
        let pattern = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        let Some(pattern) = pattern.filter(|pattern| !pattern.is_empty()) else {
            return Ok(Self::Plain(text.to_owned()));
        };
        let pattern = regex::RegexBuilder::new(pattern).size_limit(PATTERN_MAX_BYTES).build();
        pattern.map(Self::Pattern).map_err(|fault| Failure::WrongUse(format!("--grep: {fault}")))
    }
}

struct Printer {
    style: Style,
    raw: bool,
    with_node: bool,
}

impl Printer {
    fn print<'a>(&self, lines: impl Iterator<Item = &'a LogLine>) -> io::Result<()> {
        let mut text = Vec::new();
        for line in lines {
            self.write(line, &mut text);
        }
        let mut out = io::stdout().lock();
        out.write_all(&text)?;
        out.flush()
    }

    /// `node | line`, with `!` instead of the bar for stderr; the line alone where there is one node.
    fn write(&self, line: &LogLine, out: &mut Vec<u8>) {
        if self.raw {
            let exact = line.bytes.as_ref().and_then(|bytes| BASE64.decode(bytes).ok());
            out.extend_from_slice(exact.as_deref().unwrap_or(line.text.as_bytes()));
            if line.eol {
                out.push(b'\n');
            }
            return;
        }
        if self.with_node {
            let (mark, tone) = if line.stream == "stderr" { ('!', Tone::Warn) } else { ('|', Tone::Dim) };
            let prefix = format!("{} {mark} ", one_line(&line.node_ref));
            out.extend_from_slice(self.style.paint(tone, &prefix).as_bytes());
        }
        let colours = if self.style.colour { Colours::Keep } else { Colours::Drop };
        out.extend_from_slice(sanitize(&line.text, colours).as_bytes());
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(stream: &str, text: &str) -> LogLine {
        serde_json::from_value(json!({"logSeq": 1, "nodeRef": "a", "stream": stream, "text": text})).unwrap()
    }

    fn printed(printer: &Printer, line: &LogLine) -> Vec<u8> {
        let mut out = Vec::new();
        printer.write(line, &mut out);
        out
    }

    #[test]
    fn lines_are_made_safe_unless_raw_is_asked_for() {
        let printer = Printer { style: Style::PIPE, raw: false, with_node: true };
        assert_eq!(printed(&printer, &line("stdout", "\u{1b}[31mx\u{1b}[2J")), b"a | x\n");
        assert_eq!(printed(&printer, &line("stderr", "x")), b"a ! x\n");
        let raw = Printer { raw: true, ..printer };
        assert_eq!(printed(&raw, &line("stdout", "\u{1b}[2Jx")), b"\x1b[2Jx\n");
        let bytes = LogLine { eol: false, bytes: Some("/wA=".into()), ..line("stdout", "\u{fffd}\0") };
        assert_eq!(printed(&raw, &bytes), b"\xff\x00");
    }

    #[test]
    fn live_lines_are_filtered_like_stored_ones() {
        let lets = |grep: &str, text: &str| {
            let text_filter = Some(Text::new(grep).unwrap());
            let filter = Filter { node: None, attempt: None, stream: None, text: text_filter };
            filter.lets(&line("stdout", text))
        };
        assert!(lets("ho.t", "a ho.t") && !lets("ho.t", "a host"));
        assert!(lets("/ho.t$/", "a host") && !lets("/ho.t$/", "host a"));
        assert!(lets("/", "a/b"));
        assert!(matches!(Text::new("/(/"), Err(Failure::WrongUse(_))));
    }
}
