use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::facts::id::{OrganizationId, RunKey};
use crate::store::logs::entry::{LineMetadata, line_of};
use crate::store::loki::Found;
use crate::store::loki::push_tests::{Pushed, entries};

const NOW: &str = "2026-11-26T12:00:00.000000Z";

fn run(labels: LokiLabels) -> LokiRun {
    LokiRun {
        run_key: RunKey(uuid::Uuid::from_u128(7_000_123)),
        organization: OrganizationId::DEFAULT,
        run_id: "run-1".parse().unwrap(),
        labels,
        workflow: Some("recon \"x\"".into()),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A line as it is kept.
fn line(log_seq: u64, at: &str, rest: &str) -> String {
    format!(
        "{{\"logSeq\":{log_seq},\"nodeRef\":\"scan \\\"a\\\"\",\"attempt\":2,\"stream\":\"stderr\",\"lineNo\":{log_seq},\
         \"at\":\"{at}\",\"text\":{rest}}}"
    )
}

fn chunk(first: u64, lines: &[String]) -> PlainChunk {
    let plain = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let last = first + lines.len() as u64 - 1;
    PlainChunk { first, last, plain: plain.into() }
}

fn cut_one(run: &LokiRun, lines: &[String], floor_ns: i64) -> CutSegment {
    let mut segments = cut(run, &[chunk(1, lines)], floor_ns, at(NOW)).unwrap();
    assert_eq!(segments.len(), 1);
    segments.remove(0)
}

/// What a query gives for an entry that was pushed.
fn found(pushed: &Pushed) -> Found<LineMetadata> {
    let metadata: BTreeMap<&str, &str> =
        pushed.metadata.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    Found {
        ns: pushed.ns,
        labels: Arc::new(pushed.labels.clone()),
        line: pushed.line.clone(),
        metadata: serde_json::from_value(json!(metadata)).unwrap(),
    }
}

#[test]
fn every_kind_of_line_comes_back_byte_for_byte() {
    let lines = [
        line(1, "2026-11-26T11:59:00.000001Z", "\"plain\""),
        line(2, "2026-11-26T11:59:00.000001Z", "\"\""),
        line(3, "2026-11-26T11:59:00.000001Z", "\"\\u001b[31mred\\u001b[0m \\u0000 \\\\ \\\" \\t\""),
        line(4, "2026-11-26T11:58:00.000000Z", "\"earlier than the line before\""),
        line(5, "2026-11-26T11:59:00.500000Z", "\"10 %\\r20 %\",\"eol\":false"),
        line(6, "2026-11-26T11:59:00.500000Z", "\"\u{2028} \u{fffd} \u{1f600} \u{feff}\",\"late\":true"),
        line(
            7,
            "2026-11-26T11:59:00.500000Z",
            "\"bad \u{fffd}\u{fffd}\",\"bytes\":\"YmFkIP/+\",\"eol\":false,\"late\":true",
        ),
        line(8, "1999-01-01T00:00:00.000000Z", "\"too old\""),
        line(9, "2226-01-01T00:00:00.000000Z", "\"far ahead\""),
        line(10, "0001-01-01T00:00:00.000000Z", "\"before all\""),
    ];
    // A name that must be escaped is read by the parser, any other by its layout.
    let plain = lines.clone().map(|line| line.replace("scan \\\"a\\\"", "scan"));
    assert!(plain != lines && plain.iter().all(|line| line.contains("\"scan\"")));
    let cases = LokiLabels::ALL.iter().flat_map(|labels| [(labels, &lines), (labels, &plain)]);
    for (labels, lines) in cases {
        let run = run(*labels);
        let segment = cut_one(&run, lines, 0);
        let pushed = entries(&segment.body);
        let back: Vec<String> = pushed
            .iter()
            .map(|pushed| {
                let line = line_of(&run, &found(pushed)).unwrap();
                String::from_utf8(line.json.to_vec()).unwrap()
            })
            .collect();
        assert_eq!(&back, lines, "{labels}");
        assert!(pushed.windows(2).all(|pair| pair[0].ns < pair[1].ns), "times grow");
        assert_eq!((segment.first_ns, segment.last_ns), (pushed[0].ns, pushed[9].ns));
        assert_eq!((segment.lines, segment.first, segment.last), (10, 1, 10));
        let window = (nanos(at(NOW)) - OLDEST_NS)..=(nanos(at(NOW)) + AHEAD_NS + 10);
        assert!(pushed.iter().all(|pushed| window.contains(&pushed.ns)));
    }
}

#[test]
fn labels_are_those_that_are_set() {
    let lines = [line(1, NOW, "\"x\"")];
    let of = |labels| {
        let pushed = entries(&cut_one(&run(labels), &lines, 0).body).remove(0);
        (pushed.labels, pushed.metadata)
    };
    let org = "00000000-0000-0000-0000-000000000001";
    let expected = |pairs: &[(&str, &str)]| -> HashMap<String, String> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    };
    let (labels, metadata) = of(LokiLabels::Run);
    let node = "scan \"a\"";
    let all = [("org", org), ("run_id", "run-1"), ("node", node), ("stream", "stderr")];
    assert_eq!(labels, expected(&all));
    let names =
        |metadata: Vec<(String, String)>| metadata.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(metadata), ["run_key", "log_seq", "line_no", "attempt"]);
    let (labels, metadata) = of(LokiLabels::Low);
    let few = [("service", "telltale"), ("org", org), ("workflow", "recon \"x\""), ("stream", "stderr")];
    assert_eq!(labels, expected(&few));
    assert!(
        metadata.contains(&("node".into(), node.into()))
            && metadata.contains(&("run_id".into(), "run-1".into()))
    );
}

#[test]
fn a_repeat_is_the_same_and_a_segment_goes_on_where_the_last_one_ended() {
    let run = run(LokiLabels::Low);
    let chunks: Vec<PlainChunk> = (0..4)
        .map(|n| chunk(n * 10 + 1, &(1..=10).map(|i| line(n * 10 + i, NOW, "\"same\"")).collect::<Vec<_>>()))
        .collect();
    let whole = cut(&run, &chunks, 17, at(NOW)).unwrap();
    assert_eq!(whole.len(), 1);
    let again = cut_whole(&run, &chunks, 17, at(NOW)).unwrap().unwrap();
    assert_eq!((again.body, again.digest), (whole[0].body.clone(), whole[0].digest.clone()));
    let first = cut(&run, &chunks[..2], 17, at(NOW)).unwrap();
    let second = cut(&run, &chunks[2..], first[0].last_ns + 1, at(NOW)).unwrap();
    let joined = [first[0].body.clone(), second[0].body.clone()].concat();
    assert_eq!(entries(&joined), entries(&whole[0].body), "bodies one behind the other are one body");
}

#[test]
fn runs_that_share_a_stream_do_not_share_a_time() {
    let lines = [line(1, NOW, "\"x\"")];
    let mut other = run(LokiLabels::Low);
    other.run_key = RunKey(uuid::Uuid::from_u128(7_000_124));
    let times = [run(LokiLabels::Low), other].map(|run| entries(&cut_one(&run, &lines, 0).body)[0].ns);
    assert_eq!(times.map(|ns| ns - nanos(at(NOW))), [123, 124]);
}

#[test]
fn segments_are_bounded_and_what_no_loki_holds_stays_alone() {
    let run = run(LokiLabels::Run);
    let long = |n: u64, bytes: usize| chunk(n, &[line(n, NOW, &format!("\"{}\"", "x".repeat(bytes)))]);
    let bad = {
        let raw = vec![0xff_u8; RAW_TOO_LONG];
        let text = String::from_utf8_lossy(&raw).into_owned();
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.encode(&raw);
        chunk(3, &[line(3, NOW, &format!("\"{text}\",\"bytes\":\"{bytes}\""))])
    };
    let chunks =
        [long(1, 200_000), long(2, 200_000), bad, long(4, 250_000), long(5, 270_000), long(6, 250_000)];
    let segments = cut(&run, &chunks, 0, at(NOW)).unwrap();
    let of: Vec<(u64, u64, bool)> =
        segments.iter().map(|segment| (segment.first, segment.last, segment.unholdable.is_some())).collect();
    assert_eq!(of, [(1, 2, false), (3, 3, true), (4, 4, false), (5, 5, true), (6, 6, false)]);
    assert!(segments.iter().all(|segment| segment.body.is_empty() == segment.unholdable.is_some()));
    assert!(segments.windows(2).all(|pair| pair[0].last_ns < pair[1].first_ns));
    let many: Vec<PlainChunk> = (0..6)
        .map(|n| {
            chunk(n * 1_000 + 1, &(1..=1_000).map(|i| line(n * 1_000 + i, NOW, "\"\"")).collect::<Vec<_>>())
        })
        .collect();
    let lines: Vec<u64> = cut(&run, &many, 0, at(NOW)).unwrap().iter().map(|segment| segment.lines).collect();
    assert_eq!(lines, [5_000, 1_000]);
}

/// Longer than what travels as metadata.
const RAW_TOO_LONG: usize = 32 * 1024 + 3;

#[test]
fn a_time_is_moved_only_as_far_as_it_must() {
    let cut_at = at(NOW);
    let now = nanos(cut_at);
    for (own, floor, expected) in [
        (now - 5, 0, now - 5),
        (now - 5, now - 5, now - 5),
        (now - 5, now, now),
        (now + 2 * AHEAD_NS, 0, now + AHEAD_NS),
        (now - 2 * OLDEST_NS, 0, now - OLDEST_NS),
        (i64::MIN, i64::MIN, now - OLDEST_NS),
        (i64::MAX, 0, now + AHEAD_NS),
    ] {
        assert_eq!(time(own, floor, cut_at), expected);
    }
}
