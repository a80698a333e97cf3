//! What the lane knows of a run's log: its head, and each stream's counters and running digest.

use std::collections::HashMap;

use sha2::digest::common::hazmat::SerializableState;
use sha2::{Digest, Sha256};

use super::line::{NewLine, StreamName};
use crate::store::db::DbError;

/// Longest last line kept beside a stream, in bytes: what a tooltip can show.
const LAST_LINE_MAX_BYTES: usize = 512;

/// A run's log as of its head.
#[derive(Debug, Clone, Default)]
pub(super) struct LogState {
    pub head: u64,
    /// Of `run_logs`: what the store must still have for this state to be true.
    pub version: u64,
    /// The run was there when its key was looked up, and has been purged since: it takes no lines.
    pub is_purged: bool,
    pub streams: HashMap<StreamName, StreamState>,
}

/// One stream so far.
#[derive(Debug, Clone, Default)]
pub(super) struct StreamState {
    pub lines: u64,
    /// Of these, the ones that only go on with the line before them, which was too long. Whoever numbers his lines does not
    /// count them.
    pub further_parts: u64,
    pub bytes: u64,
    pub digest: Sha256,
    pub last_line: Option<String>,
    /// Lines at the time of the last close.
    pub closed_at_lines: Option<u64>,
}

impl StreamState {
    /// Takes one more line in.
    pub fn push(&mut self, line: &NewLine) {
        self.lines += 1;
        self.further_parts += u64::from(line.is_further_part);
        self.bytes += line.bytes.len() as u64 + u64::from(line.eol);
        self.digest.update(&line.bytes);
        if line.eol {
            self.digest.update(b"\n");
        }
    }

    /// The lines as their sender counts them.
    pub fn numbered_lines(&self) -> u64 {
        self.lines - self.further_parts
    }

    /// The digest as 64 hexadecimal digits.
    pub fn sha256(&self) -> String {
        let digest = self.digest.clone().finalize();
        digest.iter().fold(String::with_capacity(64), |mut text, byte| {
            text.push_str(&format!("{byte:02x}"));
            text
        })
    }

    /// The running digest, to go on with later.
    pub fn digest_state(&self) -> Vec<u8> {
        self.digest.serialize().to_vec()
    }

    /// Reads [`StreamState::digest_state`] back.
    pub fn digest_from(state: &[u8]) -> Result<Sha256, DbError> {
        let fault = || DbError::Shape("digest_state is not a SHA-256 state".into());
        let state = state.try_into().map_err(|_| fault())?;
        Sha256::deserialize(&state).map_err(|_| fault())
    }
}

/// The line as a tooltip shows it: bounded, without what a text column can't hold.
pub(super) fn last_line(line: &NewLine) -> String {
    let cut = &line.bytes[..line.bytes.len().min(LAST_LINE_MAX_BYTES)];
    String::from_utf8_lossy(cut).trim_end_matches('\u{fffd}').replace('\0', "\u{fffd}")
}
