//! The live tree: a board as the lines of a terminal. Pure: what is known, the time and the size go in.

use console::measure_text_width;

use crate::facts::id::NodeRef;
use crate::facts::run::Node;
use crate::facts::status::NodeStatus;
use crate::facts::time::Timestamp;

use super::board::Board;
use super::format::{count, elapsed, fit, pad};
use super::lines::one_line;
use super::style::{Style, Tone};

/// Bars wider than this say nothing more.
const BAR_WIDTH: usize = 16;
/// Node names take at most this share of the line, in columns.
const NAME_MAX_WIDTH: usize = 40;
/// Narrower terminals get the same lines, cut.
const MIN_WIDTH: usize = 20;

/// What the drawing depends on beside the board.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    pub now: Timestamp,
    /// Counts redraws; the spinner turns with it.
    pub tick: u64,
    pub width: usize,
    /// Lines that may be used; further nodes are summed up.
    pub height: usize,
    pub style: Style,
}

/// The board's lines, none wider than the view and no more than its height.
pub(crate) fn draw(board: &Board, view: &View) -> Vec<String> {
    let width = view.width.max(MIN_WIDTH);
    let mut lines = vec![header(board, view)];
    let nodes = board.in_needs_order();
    let name_width = nodes.iter().map(|(name, depth)| name_width(name, *depth)).max().unwrap_or(0);
    let name_width = name_width.min(NAME_MAX_WIDTH);
    let footer = footer(board, view);
    let room = view.height.saturating_sub(1 + footer.len()).max(1);
    let (shown, hidden) = choose(board, nodes, room);
    for (name, depth) in shown {
        if let Some(node) = board.run.nodes.get(name) {
            lines.push(node_line(board, name, node, depth, name_width, view));
        }
    }
    if !hidden.is_empty() {
        lines.push(view.style.paint(Tone::Dim, &sum_up(board, &hidden)));
    }
    lines.extend(footer);
    lines.into_iter().map(|line| fit(&line, width)).collect()
}

fn header(board: &Board, view: &View) -> String {
    let style = view.style;
    let head = &board.run.head;
    let (glyph, tone) = style.run(board.run.status(), view.tick);
    let progress = board.run.progress();
    let workflow = head.workflow.as_deref().map(one_line).unwrap_or_default();
    let done = format!("{}/{}", progress.completed_actions, progress.total_actions);
    let mut parts = vec![
        style.paint(tone, glyph),
        style.paint(Tone::Strong, board.run_id.as_str()),
        workflow,
        style.paint(tone, board.run.status().as_str()),
        done,
    ];
    parts.extend(elapsed(head.started_at.or(head.queued_at), head.completed_at, view.now));
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}

/// What stands below the nodes: why the run failed, or that the server is away.
fn footer(board: &Board, view: &View) -> Vec<String> {
    let style = view.style;
    let mut lines = Vec::new();
    if let Some(failure) = &board.run.head.failure {
        let node = failure.node_ref.as_ref().map(|name| format!("{}: ", one_line(name.as_str())));
        let text = format!("{}{}", node.unwrap_or_default(), one_line(&failure.reason));
        lines.push(style.paint(Tone::Bad, &text));
    }
    if let Some(reason) = &board.away {
        lines.push(style.paint(Tone::Warn, &format!("reconnecting: {}", one_line(reason))));
    }
    lines
}

fn indent(depth: usize) -> usize {
    2 + 2 * depth.min(8)
}

fn name_width(name: &NodeRef, depth: usize) -> usize {
    indent(depth) + measure_text_width(&one_line(name.as_str()))
}

fn node_line(
    board: &Board,
    name: &NodeRef,
    node: &Node,
    depth: usize,
    name_width: usize,
    view: &View,
) -> String {
    let style = view.style;
    let (glyph, tone) = style.node(node.status, view.tick);
    let title = fit(&one_line(name.as_str()), name_width.saturating_sub(indent(depth)));
    let blank = " ".repeat(indent(depth) - 2);
    let title = pad(&format!("{blank}{} {title}", style.paint(tone, glyph)), name_width);
    let mut parts = vec![title];
    let is_over = node.status.is_over();
    parts.extend(elapsed(node.started_at, node.completed_at, view.now));
    if node.attempt > 1 {
        parts.push(style.paint(Tone::Warn, &format!("attempt {}", node.attempt)));
    }
    if let (Some(progress), false) = (node.progress, is_over) {
        parts.push(match progress.total {
            Some(total) => {
                let bar = style.bar(progress.completed, total, BAR_WIDTH);
                format!("{bar} {}/{}", count(progress.completed), count(total))
            }
            None => count(progress.completed),
        });
    }
    if !matches!(node.status, NodeStatus::Running | NodeStatus::Completed | NodeStatus::Pending) {
        parts.push(style.paint(tone, node.status.as_str()));
    }
    let last = last_words(board, name, node);
    if !last.is_empty() {
        parts.push(style.paint(Tone::Dim, &last));
    }
    parts.join("  ")
}

/// The line that says most about a node now: its error, its last log line, or its last message.
fn last_words(board: &Board, name: &NodeRef, node: &Node) -> String {
    let failed = matches!(node.status, NodeStatus::Failed | NodeStatus::Retrying);
    let error = node.error.as_ref().filter(|_| failed).map(|error| one_line(&error.message));
    let line = || board.last_lines.get(name.as_str()).cloned();
    error.or_else(line).or_else(|| node.message.as_deref().map(one_line)).unwrap_or_default()
}

type Placed<'a> = (&'a NodeRef, usize);

/// Which nodes are shown when not all have room: those at work first, then the failed, the waiting and
/// the finished; still in their order.
fn choose<'a>(board: &Board, nodes: Vec<Placed<'a>>, room: usize) -> (Vec<Placed<'a>>, Vec<Placed<'a>>) {
    if nodes.len() <= room {
        return (nodes, Vec::new());
    }
    let interest = |name: &NodeRef| match board.run.nodes.get(name).map(|node| node.status) {
        Some(NodeStatus::Running | NodeStatus::Retrying | NodeStatus::AwaitingInput) => 0,
        Some(NodeStatus::Failed) => 1,
        Some(NodeStatus::Pending) => 2,
        _ => 3,
    };
    let mut ranked: Vec<usize> = (0..nodes.len()).collect();
    ranked.sort_by_key(|place| interest(nodes[*place].0));
    // One line goes to the sum of the others.
    let mut keep = vec![false; nodes.len()];
    for place in ranked.into_iter().take(room.saturating_sub(1)) {
        keep[place] = true;
    }
    let mut keep = keep.into_iter();
    nodes.into_iter().partition(|_| keep.next().unwrap_or(false))
}

/// `… and 37 more: 30 COMPLETED, 7 PENDING`
fn sum_up(board: &Board, hidden: &[Placed<'_>]) -> String {
    let counts = NodeStatus::ALL.iter().filter_map(|status| {
        let count = hidden
            .iter()
            .filter(|(name, _)| board.run.nodes.get(*name).is_some_and(|node| node.status == *status))
            .count();
        (count > 0).then(|| format!("{count} {status}"))
    });
    format!("  … and {} more: {}", hidden.len(), counts.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::board::tests::{busy_board, event};
    use super::*;

    fn view(width: usize, height: usize) -> View {
        View { now: "2026-11-22T10:00:20Z".parse().unwrap(), tick: 0, width, height, style: Style::PIPE }
    }

    #[test]
    fn a_running_tree_shows_what_each_node_is_at() {
        assert_eq!(
            draw(&busy_board(), &view(100, 24)),
            [
                "⠋  run-1  recon  RUNNING  1/4  18.0 s",
                "✔ list        2.0 s",
                "  ⠋ resolve   14.0 s  ████░░░░░░░░░░░░ 250/1,000  host-250 ok",
                "  ⠋ probe     10.0 s  attempt 2",
                "    ○ report",
            ]
        );
    }

    #[test]
    fn a_failure_says_where_and_why() {
        let mut board = busy_board();
        board.apply(&event(
            11,
            "NODE_FAILED",
            Some("probe"),
            json!({"attempt": 2, "error": {"message": "exit 1\nbad"}}),
        ));
        board.apply(&event(12, "RUN_FAILED", None, json!({})));
        board.away = Some("refused".into());
        let lines = draw(&board, &view(100, 24));
        assert_eq!(lines[0], "✖  run-1  recon  FAILED  2/4  10.0 s");
        assert!(lines[3].ends_with("attempt 2  FAILED  exit 1 | bad"), "{lines:?}");
        assert_eq!(lines[5..], ["probe: exit 1 | bad", "reconnecting: refused"]);
    }

    #[test]
    fn no_line_is_wider_and_no_tree_higher_than_the_terminal() {
        let mut board = busy_board();
        let nodes: Vec<String> = (0..200).map(|n| format!("node-{n}-{}", "日本".repeat(20))).collect();
        board.apply(&event(11, "RUN_STARTED", None, json!({"data": {"nodes": nodes}})));
        for (width, height) in [(80, 24), (20, 5), (200, 3)] {
            let style = Style { colour: true, unicode: true };
            let lines = draw(&board, &View { style, ..view(width, height) });
            assert!(lines.len() <= height, "{}", lines.len());
            assert!(lines.iter().all(|line| measure_text_width(line) <= width), "{lines:?}");
        }
    }

    #[test]
    fn where_room_is_short_the_nodes_at_work_are_shown() {
        let mut board = Board::new("run-1".parse().unwrap());
        let nodes: Vec<String> = (0..50).map(|n| format!("n{n}")).collect();
        board.apply(&event(1, "RUN_QUEUED", None, json!({"data": {"nodes": nodes}})));
        board.apply(&event(2, "NODE_STARTED", Some("n40"), json!({})));
        board.apply(&event(3, "NODE_STARTED", Some("n41"), json!({})));
        board.apply(&event(4, "NODE_COMPLETED", Some("n41"), json!({})));
        let lines = draw(&board, &view(80, 5));
        assert!(lines.iter().any(|line| line.contains("n40")), "{lines:?}");
        assert_eq!(lines[4], "  … and 47 more: 46 PENDING, 1 COMPLETED");
    }
}
