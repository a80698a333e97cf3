use super::*;
use crate::facts::line::LINE_MAX_BYTES;

fn parse(body: &str) -> Result<NewLines, Vec<Fault>> {
    parse_lines(&Bytes::copy_from_slice(body.as_bytes()), BodyFormat::Ndjson, Timestamp::EPOCH)
}

fn texts(lines: &NewLines) -> Vec<String> {
    lines.lines().iter().map(|line| String::from_utf8_lossy(&line.bytes).into_owned()).collect()
}

#[test]
fn a_stream_is_named_once_however_its_lines_alternate() {
    let line = |node: &str, stream: &str| format!(r#"{{"nodeRef":"{node}","stream":"{stream}","text":"x"}}"#);
    let body =
        [line("a", "stdout"), line("a", "stderr"), line("b", "stdout"), line("a", "stdout")].join("\n");
    let lines = parse(&body).unwrap();
    assert_eq!(lines.streams().len(), 3);
    let places: Vec<usize> = lines.lines().iter().map(|line| line.stream).collect();
    assert_eq!(places, [0, 1, 2, 0]);
}

#[test]
fn escapes_are_undone_and_what_no_store_takes_is_replaced() {
    let body = r#"{"nodeRef":"a","stream":"stdout","text":"tab\t\u0041 \r"}
{"nodeRef":"a","stream":"stdout","text":"nul \u0000 lone \ud800"}
{"nodeRef":"\u0061","stream":"std\u006fut","at":"2026-11-22T10:00:00.5+01:00","text":"plain"}"#;
    let lines = parse(body).unwrap();
    assert_eq!(texts(&lines), ["tab\tA \r", "nul \u{fffd} lone \u{fffd}", "plain"]);
    assert_eq!(lines.streams().len(), 1, "an escaped name is the same name");
    assert_eq!(lines.lines()[2].at.to_string(), "2026-11-22T09:00:00.500000Z");
}

#[test]
fn a_line_that_is_too_long_becomes_parts_that_join_back() {
    for (text, eol) in [("é".repeat(LINE_MAX_BYTES), true), ("x".repeat(LINE_MAX_BYTES), false)] {
        let body = format!(r#"{{"nodeRef":"a","stream":"stdout","lineNo":4,"eol":{eol},"text":"{text}"}}"#);
        let lines = parse(&body).unwrap();
        assert_eq!(texts(&lines).concat(), text);
        let (last, others) = lines.lines().split_last().unwrap();
        assert_eq!((last.eol, last.line_no), (eol, Some(4)));
        assert!(others.iter().all(|part| !part.eol && part.bytes.len() <= LINE_MAX_BYTES));
        let further: Vec<bool> = lines.lines().iter().map(|part| part.is_further_part).collect();
        assert_eq!(further, (0..text.len().div_ceil(LINE_MAX_BYTES)).map(|n| n > 0).collect::<Vec<_>>());
    }
}

#[test]
fn every_fault_is_named_by_its_place() {
    let pointers = |body: &str| -> Vec<String> {
        parse(body).unwrap_err().into_iter().map(|fault| fault.pointer).collect()
    };
    let body = r#"{"nodeRef":"","stream":"stdout","text":"x"}
{"nodeRef":"a","stream":"stdin","text":"x"}

{"nodeRef":"a","stream":"stdout","text":"x","bytes":"eA=="}
{"nodeRef":"a","stream":"stdout","bytes":"%"}
{"nodeRef":"a","stream":"stdout","text":{"deep":[]}}
{"nodeRef":"a","stream":"stdout","text":"x","attempt":1e400}
{"nodeRef":"a","stream":"stdout","text":"x","at":"now"}"#;
    assert_eq!(pointers(body), ["/0/nodeRef", "/1/stream", "/2", "/3/bytes", "/4", "/5", "/6/at"]);
}
