//! A run's record, checked by whoever holds it: events and lines without a gap, and each stream what its proof says. Pure.
//!
//! Everything is counted and hashed anew from what the server gives, wherever it lies there; nothing is taken from its own sums.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::client::{Event, LogLine};
use crate::facts::json::Json;

/// Faults that are spelled out; a log that is broken everywhere is told by the first ones.
const FAULTS_MAX: usize = 20;

/// One output of one attempt of a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StreamKey {
    pub node_ref: String,
    pub attempt: u32,
    pub stream: String,
}

/// What NODE_LOG_CLOSED says of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Proof {
    stream: String,
    lines: u64,
    bytes: u64,
    sha256: String,
}

/// What became of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Just what its proof says.
    Whole {
        lines: u64,
        bytes: u64,
        sha256: String,
    },
    /// Not closed yet, or lines came after it was, and the run goes on.
    Open {
        lines: u64,
    },
    /// Not there any more, by a plan of deletion.
    Purged {
        lines: u64,
    },
    Differs(String),
}

/// What has been read so far.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub events: u64,
    pub lines: u64,
    /// Numbers that are missing or come twice.
    pub faults: Vec<String>,
    /// Whether the run's lines were deleted on purpose, which the server has on record.
    pub lines_are_purged: bool,
    proofs: BTreeMap<StreamKey, Proof>,
    streams: BTreeMap<StreamKey, Counted>,
}

/// A stream as it was read.
#[derive(Debug, Default)]
struct Counted {
    lines: u64,
    bytes: u64,
    digest: Sha256,
    /// Bytes and digest when the number of lines was that of the proof.
    at_proof: Option<(u64, String)>,
}

impl Ledger {
    pub(crate) fn event(&mut self, event: &Event) {
        self.events += 1;
        if event.seq != self.events {
            let fault = format!("seq {} where {} follows", event.seq, self.events);
            self.fault(fault);
            self.events = event.seq;
        }
        if event.kind != "NODE_LOG_CLOSED" {
            return;
        }
        let proof = event.data.as_ref().and_then(Json::read::<Proof>);
        let (Some(proof), Some(node_ref)) = (proof, event.node_ref.clone()) else {
            return self.fault(format!("seq {}: a NODE_LOG_CLOSED that proves nothing", event.seq));
        };
        let attempt = event.attempt.unwrap_or(1);
        // The last one counts: a stream that was reopened is closed again.
        self.proofs.insert(StreamKey { node_ref, attempt, stream: proof.stream.clone() }, proof);
    }

    /// Takes the next line. Events go first: a line that comes while both are read is then behind its proof.
    pub(crate) fn line(&mut self, line: &LogLine) {
        self.lines += 1;
        if line.log_seq != self.lines {
            let fault = format!("logSeq {} where {} follows", line.log_seq, self.lines);
            self.fault(fault);
            self.lines = line.log_seq;
        }
        let key =
            StreamKey { node_ref: line.node_ref.clone(), attempt: line.attempt, stream: line.stream.clone() };
        let proof = self.proofs.get(&key);
        let counted = self.streams.entry(key).or_default();
        counted.take(line);
        if proof.is_some_and(|proof| proof.lines == counted.lines) {
            counted.at_proof = Some((counted.bytes, counted.sha256()));
        }
        let line_no = counted.lines;
        if line.line_no.is_some_and(|given| given != line_no) {
            let (node, stream) = (&line.node_ref, &line.stream);
            let given = line.line_no.unwrap_or_default();
            self.fault(format!(
                "logSeq {}: line {given} of {node} {stream} where {line_no} follows",
                line.log_seq
            ));
        }
    }

    fn fault(&mut self, fault: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }

    /// Each stream and what is to be said of it, once everything has been read.
    pub(crate) fn verdicts(&self, run_is_over: bool) -> Vec<(&StreamKey, Verdict)> {
        let mut keys: Vec<&StreamKey> = self.proofs.keys().chain(self.streams.keys()).collect();
        keys.sort();
        keys.dedup();
        keys.into_iter().map(|key| (key, self.verdict(key, run_is_over))).collect()
    }

    fn verdict(&self, key: &StreamKey, run_is_over: bool) -> Verdict {
        let nothing = Counted::default();
        let counted = self.streams.get(key).unwrap_or(&nothing);
        let Some(proof) = self.proofs.get(key) else {
            return match run_is_over {
                true => Verdict::Differs(format!("{} lines, and never closed", counted.lines)),
                false => Verdict::Open { lines: counted.lines },
            };
        };
        if self.lines_are_purged && counted.lines == 0 && proof.lines > 0 {
            return Verdict::Purged { lines: proof.lines };
        }
        let at_proof = match proof.lines {
            0 => Some((0, nothing.sha256())),
            _ => counted.at_proof.clone(),
        };
        let Some((bytes, sha256)) = at_proof else {
            return Verdict::Differs(format!("{} lines of {}", counted.lines, proof.lines));
        };
        if bytes != proof.bytes {
            return Verdict::Differs(format!("{bytes} bytes of {} in {} lines", proof.bytes, proof.lines));
        }
        if sha256 != proof.sha256 {
            return Verdict::Differs(format!("sha256 {sha256}, and {} was recorded", proof.sha256));
        }
        match counted.lines - proof.lines {
            0 => Verdict::Whole { lines: proof.lines, bytes, sha256 },
            behind if run_is_over => {
                Verdict::Differs(format!("{behind} lines behind the last close, which has {}", proof.lines))
            }
            _ => Verdict::Open { lines: counted.lines },
        }
    }
}

impl Counted {
    fn take(&mut self, line: &LogLine) {
        let bytes = line.bytes.as_ref().and_then(|bytes| BASE64.decode(bytes).ok());
        let bytes = bytes.as_deref().unwrap_or(line.text.as_bytes());
        self.lines += 1;
        self.bytes += bytes.len() as u64 + u64::from(line.eol);
        self.digest.update(bytes);
        if line.eol {
            self.digest.update(b"\n");
        }
    }

    fn sha256(&self) -> String {
        self.digest.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::board::tests::event;
    use super::*;

    fn line(log_seq: u64, line_no: u64, text: &str) -> LogLine {
        serde_json::from_value(
            json!({"logSeq": log_seq, "lineNo": line_no, "nodeRef": "a", "stream": "stdout", "text": text}),
        )
        .unwrap()
    }

    fn closed(seq: u64, lines: &[&str]) -> Event {
        let whole: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let sha256: String = Sha256::digest(whole.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
        let data = json!({"stream": "stdout", "lines": lines.len(), "bytes": whole.len(), "sha256": sha256});
        event(seq, "NODE_LOG_CLOSED", Some("a"), json!({"data": data}))
    }

    fn verdict(events: &[Event], lines: &[LogLine], run_is_over: bool) -> Verdict {
        let mut ledger = Ledger::default();
        events.iter().for_each(|event| ledger.event(event));
        lines.iter().for_each(|line| ledger.line(line));
        assert!(ledger.faults.is_empty(), "{:?}", ledger.faults);
        ledger.verdicts(run_is_over).remove(0).1
    }

    #[test]
    fn a_stream_is_what_its_last_close_says() {
        let lines = [line(1, 1, "a"), line(2, 2, "b")];
        let whole = verdict(&[closed(1, &["a"]), closed(2, &["a", "b"])], &lines, true);
        assert!(matches!(whole, Verdict::Whole { lines: 2, bytes: 4, .. }), "{whole:?}");
        assert!(matches!(verdict(&[closed(1, &[])], &[], true), Verdict::Whole { lines: 0, .. }));
    }

    #[test]
    fn what_differs_is_named() {
        let differs = |events: &[Event], lines: &[LogLine]| match verdict(events, lines, true) {
            Verdict::Differs(how) => how,
            other => panic!("{other:?}"),
        };
        assert_eq!(differs(&[closed(1, &["a", "b"])], &[line(1, 1, "a")]), "1 lines of 2");
        assert_eq!(differs(&[closed(1, &["ab"])], &[line(1, 1, "a")]), "2 bytes of 3 in 1 lines");
        assert!(differs(&[closed(1, &["b"])], &[line(1, 1, "a")]).starts_with("sha256 "));
        assert_eq!(differs(&[], &[line(1, 1, "a")]), "1 lines, and never closed");
        let late = differs(&[closed(1, &["a"])], &[line(1, 1, "a"), line(2, 2, "b")]);
        assert_eq!(late, "1 lines behind the last close, which has 1");
    }

    #[test]
    fn lines_that_were_purged_are_no_fault_and_others_are_looked_at_all_the_same() {
        let mut ledger = Ledger { lines_are_purged: true, ..Ledger::default() };
        ledger.event(&closed(1, &["a", "b"]));
        assert_eq!(ledger.verdicts(true).remove(0).1, Verdict::Purged { lines: 2 });
        ledger.line(&line(1, 1, "a"));
        assert_eq!(ledger.verdicts(true).remove(0).1, Verdict::Differs("1 lines of 2".into()));
    }

    #[test]
    fn a_run_that_goes_on_may_have_open_streams() {
        assert_eq!(verdict(&[], &[line(1, 1, "a")], false), Verdict::Open { lines: 1 });
        let reopened = verdict(&[closed(1, &["a"])], &[line(1, 1, "a"), line(2, 2, "b")], false);
        assert_eq!(reopened, Verdict::Open { lines: 2 });
    }

    #[test]
    fn gaps_in_the_numbers_are_faults() {
        let mut ledger = Ledger::default();
        ledger.event(&event(2, "RUN_STARTED", None, json!({})));
        ledger.line(&line(1, 1, "a"));
        ledger.line(&line(3, 3, "c"));
        let expected = [
            "seq 2 where 1 follows",
            "logSeq 3 where 2 follows",
            "logSeq 3: line 3 of a stdout where 2 follows",
        ];
        assert_eq!(ledger.faults, expected);
        let proves_nothing = event(3, "NODE_LOG_CLOSED", Some("a"), json!({"data": {"sha256": "x"}}));
        ledger.event(&proves_nothing);
        assert_eq!(ledger.faults.len(), 4);
    }
}
