//! Bundles there and back, and what becomes of one that was touched.

use std::io::Cursor;

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::*;
use crate::facts::chain;
use crate::facts::event::{Event, EventType, Level};
use crate::facts::id::{EventId, OrganizationId, RunId};
use crate::facts::json::Json;
use crate::facts::time::Timestamp;

fn run_id() -> RunId {
    "run-1".parse().unwrap()
}

fn at(second: u32) -> Timestamp {
    format!("2026-11-22T10:00:{second:02}Z").parse().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn event(kind: EventType, node: Option<&str>, data: Option<&str>) -> Event {
    Event {
        seq: 0,
        recorded_at: at(0),
        event_id: EventId(Uuid::from_u128(kind as u128 + 1)),
        kind,
        node_ref: node.map(|node| node.parse().unwrap()),
        attempt: node.map(|_| 1),
        level: Level::Info,
        occurred_at: at(0),
        message: None,
        data: data.map(|data| Json::from_text(data.to_owned()).unwrap()),
        output_summary: None,
        error: None,
        metadata: None,
    }
}

/// All records of a small run but the trailer, and the trailer.
fn records() -> (Vec<Record>, Trailer) {
    let lines: Vec<Vec<u8>> = (1..=3)
        .map(|n| format!(r#"{{"logSeq":{n},"nodeRef":"a","attempt":1,"stream":"stdout","lineNo":{n},"at":"{}","text":"line {n}"}}"#, at(n)).into_bytes())
        .collect();
    let text = "line 1\nline 2\nline 3\n";
    let closed = format!(
        r#"{{"stream":"stdout","lines":3,"bytes":{},"sha256":"{}"}}"#,
        text.len(),
        hex(&Sha256::digest(text))
    );
    let events = [
        event(EventType::RunStarted, None, None),
        event(EventType::NodeStarted, Some("a"), None),
        event(EventType::NodeLogClosed, Some("a"), Some(&closed)),
        event(EventType::NodeCompleted, Some("a"), None),
        event(EventType::RunCompleted, None, None),
        // Behind the end: it comes late.
        event(EventType::NodeSkipped, Some("b"), None),
    ];
    let artifact = b"an artifact".to_vec();
    let mut records = vec![
        Record::Header(Header {
            format: FORMAT.into(),
            run_id: run_id(),
            organization_id: OrganizationId::DEFAULT,
            workflow: Some("w".into()),
            writer: "test".into(),
        }),
        Record::Workflow(WorkflowRecord { name: "w".into(), version: 2, source: "nodes: []".into() }),
        Record::Artifact(ArtifactRecord {
            artifact_id: Uuid::from_u128(9),
            name: "../../etc/passwd".parse().unwrap(),
            node_ref: None,
            attempt: None,
            media_type: "text/plain".into(),
            bytes: artifact.len() as u64,
            sha256: hex(&Sha256::digest(&artifact)),
            created_at: at(1),
            content: true,
        }),
        Record::Piece(artifact.clone()),
    ];
    let mut hash = chain::genesis(OrganizationId::DEFAULT, &run_id());
    for (seq, event) in (1..).zip(&events) {
        let (body, late) = (event.body(&run_id()).unwrap(), seq == 6);
        hash = chain::next(&hash, seq, at(seq as u32), late, &body);
        records.push(Record::Event(EventRecord { seq, recorded_at: at(seq as u32), late, hash, body }));
    }
    let mut digest = Sha256::new();
    for line in &lines {
        digest.update(line);
        digest.update(b"\n");
        records.push(Record::Line(line.clone()));
    }
    let trailer = Trailer {
        events: 6,
        lines: 3,
        artifacts: 1,
        artifact_bytes: artifact.len() as u64,
        head_hash: hex(&hash),
        lines_hash: hex(&digest.finalize()),
        lines_kept: true,
        lines_purged_at: None,
        signature: None,
    };
    (records, trailer)
}

fn bundle(records: &[Record], trailer: Trailer) -> Vec<u8> {
    let mut writer = Writer::new().unwrap();
    let mut bytes: Vec<u8> =
        records.iter().filter_map(|record| writer.write(record).unwrap()).flatten().collect();
    bytes.extend(writer.finish(trailer).unwrap());
    bytes
}

fn checked(bytes: &[u8]) -> Result<Totals, String> {
    let mut reader = Reader::new(Cursor::new(bytes));
    let mut checker = Checker::default();
    while let Some(record) = reader.next_record().map_err(|fault| fault.to_string())? {
        checker.take(&record)?;
    }
    checker.finish()
}

#[test]
fn records_come_back_as_they_went_in() {
    let (records, trailer) = records();
    let bytes = bundle(&records, trailer.clone());
    let mut reader = Reader::new(Cursor::new(&bytes));
    let mut found = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        found.push(record);
    }
    assert_eq!(found.pop(), Some(Record::Trailer(trailer.clone())));
    assert_eq!(found, records);
    let totals = checked(&bytes).unwrap();
    assert_eq!((totals.trailer, totals.from, totals.to), (trailer, at(1), at(6)));
}

#[test]
fn every_flipped_byte_and_every_cut_is_found() {
    let (records, trailer) = records();
    let bytes = bundle(&records, trailer);
    for place in 0..bytes.len() {
        for bit in [0x01, 0x80] {
            let mut flipped = bytes.clone();
            flipped[place] ^= bit;
            let fault = checked(&flipped).expect_err("a flipped byte");
            assert!(fault.starts_with("block 0 (byte 0): "), "byte {place}: {fault}");
        }
        assert!(checked(&bytes[..place]).is_err(), "cut at {place}");
    }
    assert!(checked(&[&bytes[..], b"x"].concat()).unwrap_err().contains("something follows"));
}

#[test]
fn records_that_were_changed_and_packed_again_are_found() {
    let (whole, trailer) = records();
    let wrong = |change: &dyn Fn(&mut Vec<Record>, &mut Trailer), expected: &str| {
        let (mut records, mut trailer) = (whole.clone(), trailer.clone());
        change(&mut records, &mut trailer);
        let fault = checked(&bundle(&records, trailer)).unwrap_err();
        assert!(fault.contains(expected), "{fault} / {expected}");
    };
    let of_event = |records: &mut Vec<Record>, seq: usize, change: &dyn Fn(&mut EventRecord)| {
        let Record::Event(event) = &mut records[3 + seq] else { panic!("no event {seq}") };
        change(event);
    };
    wrong(
        &|r, _| of_event(r, 2, &|e| e.body = e.body.replace("NODE_STARTED", "NODE_SKIPPED")),
        "event 2 is not the one",
    );
    wrong(&|r, _| of_event(r, 3, &|e| e.recorded_at = at(9)), "event 3 is not the one");
    wrong(&|r, _| of_event(r, 1, &|e| e.late = true), "event 1 is not the one");
    wrong(&|r, _| drop(r.remove(5)), "event 3 where 2 follows");
    wrong(&|r, _| drop(r.remove(0)), "no header");
    wrong(&|r, _| r.swap(9, 10), "stands behind");
    wrong(&|r, _| drop(r.remove(3)), "artifact");
    wrong(&|r, _| r[3] = Record::Piece(b"an artifice".to_vec()), "is not what it claims");
    wrong(&|r, _| drop(r.pop()), "2 lines, where the trailer says 3");
    wrong(&|_, t| t.lines_kept = false, "lines in a bundle whose lines were deleted");
    wrong(&|_, t| t.events = 7, "6 events, where the trailer says 7");
    wrong(&|_, t| t.head_hash.replace_range(..2, "00"), "digests");
    wrong(
        &|r, t| {
            let Some(Record::Line(line)) = r.last_mut() else { panic!("no line") };
            *line = String::from_utf8(line.clone()).unwrap().replace("line 3", "line 4").into_bytes();
            let mut digest = Sha256::new();
            r.iter().filter_map(|r| if let Record::Line(l) = r { Some(l) } else { None }).for_each(|line| {
                digest.update(line);
                digest.update(b"\n");
            });
            t.lines_hash = hex(&digest.finalize());
        },
        "node a, attempt 1, stdout: its lines are not those that were closed",
    );
}

#[test]
fn a_block_that_unpacks_to_more_than_any_does_is_refused_unread() {
    let bomb = zstd::bulk::compress(&vec![0; 4 * 1024 * 1024], 19).unwrap();
    let (header, _) = super::block::header(&[0; 32], 0, 4 * 1024 * 1024, true, &bomb);
    let fault = checked(&[&header[..], &bomb].concat()).unwrap_err();
    assert!(fault.contains("more than any record does"), "{fault}");
}

#[test]
fn an_earlier_head_is_remembered() {
    let (records, trailer) = records();
    let bytes = bundle(&records, trailer);
    let mut reader = Reader::new(Cursor::new(&bytes));
    let mut checker = Checker::default();
    checker.remember_at(2, 1);
    while let Some(record) = reader.next_record().unwrap() {
        checker.take(&record).unwrap();
    }
    let head = checker.remembered().unwrap();
    let Record::Event(second) = &records[5] else { panic!("no event") };
    assert_eq!((head.events, head.head_hash), (2, hex(&second.hash)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_records_come_back_in_blocks_of_bounded_size(
        lines in proptest::collection::vec((0_usize..400_000, any::<u8>()), 0..6),
        pieces in proptest::collection::vec(0_usize..PIECE_BYTES, 0..6),
    ) {
        let mut given: Vec<Record> = pieces.iter().map(|length| Record::Piece(vec![7; *length])).collect();
        given.extend(lines.iter().map(|(length, letter)| {
            let letter = char::from(b'a' + letter % 26);
            Record::Line(format!("\"{}\"", String::from(letter).repeat(*length)).into_bytes())
        }));
        let trailer = records().1;
        let bytes = bundle(&given, trailer.clone());
        let mut reader = Reader::new(Cursor::new(&bytes));
        let mut found = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            found.push(record);
        }
        prop_assert_eq!(reader.bytes(), bytes.len() as u64);
        prop_assert_eq!(found.pop(), Some(Record::Trailer(trailer)));
        prop_assert_eq!(found, given);
        // The whole file is zstd's, too.
        prop_assert!(zstd::stream::decode_all(&bytes[..]).is_ok());
    }
}
