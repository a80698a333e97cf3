//! The lines of a bundle, held against what the events say of their streams.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::facts::event::{Event, EventType};
use crate::facts::json::Json;
use crate::facts::line::LINE_MAX_BYTES;

/// A stream's name: node, attempt, stdout or stderr.
type Name = (String, u32, String);

/// What NODE_LOG_CLOSED says.
#[derive(Debug, Deserialize)]
struct Proof {
    stream: String,
    lines: u64,
    bytes: u64,
    sha256: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    log_seq: u64,
    #[serde(borrow)]
    node_ref: Cow<'a, str>,
    attempt: u32,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    line_no: u64,
    #[serde(borrow)]
    text: Cow<'a, str>,
    #[serde(default, borrow)]
    bytes: Option<Cow<'a, str>>,
    #[serde(default = "yes")]
    eol: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Default)]
struct Counted {
    lines: u64,
    bytes: u64,
    digest: Sha256,
    /// Bytes and digest when there were as many lines as the last proof names.
    at_proof: Option<(u64, String)>,
}

/// Streams as they are read.
#[derive(Debug, Default)]
pub(super) struct Streams {
    proofs: BTreeMap<Name, Proof>,
    counted: BTreeMap<Name, Counted>,
    lines: u64,
    digest: Sha256,
}

impl Streams {
    /// Takes what an event says of a stream; the last one counts.
    pub(super) fn event(&mut self, event: &Event) -> Result<(), String> {
        if event.kind != EventType::NodeLogClosed {
            return Ok(());
        }
        let proof = event.data.as_ref().and_then(Json::read::<Proof>);
        let (Some(proof), Some(node)) = (proof, &event.node_ref) else {
            return Err(format!("event {} is a NODE_LOG_CLOSED that proves nothing", event.seq));
        };
        let name = (node.to_string(), event.attempt.unwrap_or(1), proof.stream.clone());
        self.proofs.insert(name, proof);
        Ok(())
    }

    pub(super) fn line(&mut self, json: &[u8]) -> Result<(), String> {
        self.digest.update(json);
        self.digest.update(b"\n");
        self.lines += 1;
        let line: Line<'_> =
            serde_json::from_slice(json).map_err(|error| format!("line {} is none: {error}", self.lines))?;
        if line.log_seq != self.lines {
            return Err(format!("logSeq {} where {} follows", line.log_seq, self.lines));
        }
        let raw: Cow<'_, [u8]> = match &line.bytes {
            Some(encoded) => BASE64
                .decode(encoded.as_bytes())
                .map_err(|error| format!("logSeq {}: its bytes are no base64: {error}", line.log_seq))?
                .into(),
            None => line.text.as_bytes().into(),
        };
        if raw.len() > LINE_MAX_BYTES || line.node_ref.contains('\0') || line.attempt == 0 {
            return Err(format!("logSeq {} is no line that a server stores", line.log_seq));
        }
        let name = (line.node_ref.into_owned(), line.attempt, line.stream.into_owned());
        let expected = self.proofs.get(&name).map(|proof| proof.lines);
        let counted = self.counted.entry(name).or_default();
        counted.lines += 1;
        counted.bytes += raw.len() as u64 + u64::from(line.eol);
        counted.digest.update(&raw);
        if line.eol {
            counted.digest.update(b"\n");
        }
        if line.line_no != counted.lines {
            return Err(format!(
                "logSeq {}: line {} where {} follows",
                line.log_seq, line.line_no, counted.lines
            ));
        }
        if expected == Some(counted.lines) {
            counted.at_proof = Some((counted.bytes, hex(&counted.digest)));
        }
        Ok(())
    }

    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    /// The hash over all lines so far.
    pub(super) fn hash(&self) -> String {
        hex(&self.digest)
    }

    /// Whether each stream that was closed holds what it held then.
    pub(super) fn finish(&self) -> Result<(), String> {
        let nothing = Counted::default();
        for (name, proof) in &self.proofs {
            let counted = self.counted.get(name).unwrap_or(&nothing);
            let found = match proof.lines {
                0 => Some((0, hex(&nothing.digest))),
                _ => counted.at_proof.clone(),
            };
            let (node, attempt, stream) = name;
            let place = format!("node {node}, attempt {attempt}, {stream}");
            match found {
                None => return Err(format!("{place}: {} lines of {}", counted.lines, proof.lines)),
                Some((bytes, sha256)) if bytes != proof.bytes || sha256 != proof.sha256 => {
                    return Err(format!("{place}: its lines are not those that were closed"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

pub(super) fn hex(digest: &Sha256) -> String {
    super::check::hex(&digest.clone().finalize())
}
