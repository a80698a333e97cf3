//! `telltale diff`: two runs side by side.

use std::io::{self, Write as _};

use crate::cli::failure::{DONE, Failure, RUN_FAILED};
use crate::cli::lines::one_line;
use crate::cli::regression_args::DiffArgs;
use crate::cli::style::{Style, Tone};
use crate::cli::{server, timeline};
use crate::facts::id::NodeRef;
use crate::facts::timeline::{Diff, FirstDifference, NodeDiff, NodeSide, compare};

pub(crate) async fn diff(args: &DiffArgs) -> Result<u8, Failure> {
    let rules = timeline::rules(args.rules.as_deref())?;
    let client = server::client(&args.flags.settings()?)?;
    let (a, b) = (server::run_id(&client, &args.a).await?, server::run_id(&client, &args.b).await?);
    let a = timeline::timeline(&client, &a, &rules).await?;
    let b = timeline::timeline(&client, &b, &rules).await?;
    let diff = compare(&a, &b, &rules);
    let text = match args.json {
        true => serde_json::to_string(&diff).unwrap_or_default() + "\n",
        false => text(&diff, Style::of_stdout()),
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(if diff.equal { DONE } else { RUN_FAILED })
}

fn text(diff: &Diff, style: Style) -> String {
    let mut text = format!("a {}  {}  {}\n", diff.a, diff.status.a, took(diff.duration_ms.a));
    text += &format!("b {}  {}  {}\n\n", diff.b, diff.status.b, took(diff.duration_ms.b));
    let width =
        diff.nodes.iter().map(|node| one_line(node.node_ref.as_str()).chars().count()).max().unwrap_or(0);
    for node in &diff.nodes {
        text += &node_line(node, width, style);
    }
    text += &format!("\ncritical path of a: {}\n", path(&diff.critical_path.a));
    text += &format!("critical path of b: {}\n", path(&diff.critical_path.b));
    if let Some(first) = &diff.first_difference {
        text += &first_text(first, style);
    }
    let (tone, said) = match diff.equal {
        true => (Tone::Good, "both runs behaved the same"),
        false => (Tone::Bad, "the runs differ"),
    };
    text + &format!("{}\n", style.paint(tone, said))
}

fn node_line(node: &NodeDiff, width: usize, style: Style) -> String {
    let (mark, tone) = if node.changed.is_empty() { (' ', Tone::Plain) } else { ('!', Tone::Bad) };
    let name = one_line(node.node_ref.as_str());
    let pad = " ".repeat(width.saturating_sub(name.chars().count()));
    let (a, b) = (side(node.a.as_ref()), side(node.b.as_ref()));
    let changed = match node.changed.is_empty() {
        true => String::new(),
        false => format!("  {}", style.paint(tone, &node.changed.join(", "))),
    };
    format!("{mark} {name}{pad}  {a:<28}  {b:<28}{changed}\n")
}

fn side(side: Option<&NodeSide>) -> String {
    match side {
        None => "-".to_owned(),
        Some(side) => format!("{} #{} {}", side.status, side.attempts, took(side.duration_ms)),
    }
}

fn took(ms: Option<u64>) -> String {
    ms.map_or_else(|| "-".to_owned(), |ms| format!("{}.{:03} s", ms / 1_000, ms % 1_000))
}

fn path(nodes: &[NodeRef]) -> String {
    nodes.iter().map(|node| one_line(node.as_str())).collect::<Vec<_>>().join(" > ")
}

fn first_text(first: &FirstDifference, style: Style) -> String {
    let place = first.node_ref.as_ref().map_or_else(|| "the run".to_owned(), |node| one_line(node.as_str()));
    let seq = |seq: Option<u64>| seq.map_or_else(|| "-".to_owned(), |seq| seq.to_string());
    let json = |value: &Option<serde_json::Value>| {
        value.as_ref().map_or_else(|| "nothing".to_owned(), |value| one_line(&value.to_string()))
    };
    format!(
        "first difference: {place}, seq {} of a, seq {} of b\n{}\n{}\n",
        seq(first.seqs.a),
        seq(first.seqs.b),
        style.paint(Tone::Bad, &format!("- {}", json(&first.a))),
        style.paint(Tone::Good, &format!("+ {}", json(&first.b)))
    )
}
