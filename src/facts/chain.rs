//! The hash chain of a run: each event's hash covers the one before it.
//!
//! `hash(n) = SHA-256(hash(n-1) ‖ seq ‖ recordedAt ‖ flags ‖ length ‖ body)`, and
//! `hash(0) = SHA-256("telltale/1" ‖ 0 ‖ organization ‖ runId)`. Numbers are big-endian: seq and recordedAt (microseconds
//! since 1970) 8 bytes, flags one byte (bit 0: late), length 4 bytes; organization is the UUID's 16 bytes, runId its UTF-8 text.

use sha2::{Digest, Sha256};

use super::id::{OrganizationId, RunId};
use super::time::Timestamp;

/// A link of the chain.
pub type Hash = [u8; 32];

/// Names the layout above; a new layout gets a new one.
const VERSION: &[u8] = b"telltale/1\0";
const FLAG_LATE: u8 = 1;

/// The hash before a run's first event.
#[must_use]
pub fn genesis(organization: OrganizationId, run_id: &RunId) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(VERSION);
    hasher.update(organization.0.as_bytes());
    hasher.update(run_id.as_str().as_bytes());
    hasher.finalize().into()
}

/// The hash of an event whose predecessor's is `previous`.
#[must_use]
pub fn next(previous: &Hash, seq: u64, recorded_at: Timestamp, late: bool, body: &str) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(seq.to_be_bytes());
    hasher.update(recorded_at.as_micros().to_be_bytes());
    hasher.update([if late { FLAG_LATE } else { 0 }]);
    hasher.update(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    hasher.update(body.as_bytes());
    hasher.finalize().into()
}
