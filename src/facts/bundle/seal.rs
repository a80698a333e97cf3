//! What is signed of a run: enough to tell later, against a key alone, that its history is the one that was.

use serde::{Deserialize, Serialize};

use crate::facts::id::{OrganizationId, RunId};

/// Names the text that is signed; another one gets another number.
const VERSION: &str = "telltale-head/1";

/// The head of a run: its last event's hash covers all of them, and the hash over its lines all of those.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeadDigest {
    pub run_id: RunId,
    pub organization_id: OrganizationId,
    pub events: u64,
    /// In hexadecimal digits.
    pub head_hash: String,
    pub lines: u64,
    pub lines_hash: String,
}

/// An Ed25519 signature over [`HeadDigest::text`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// `ed25519`
    pub algorithm: String,
    /// In hexadecimal digits, as all here. Whose it is, the reader has to know from elsewhere.
    pub public_key: String,
    pub signature: String,
}

impl HeadDigest {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { run_id, organization_id, events, head_hash, lines, lines_hash } = self;
        format!("{VERSION}\n{run_id}\n{organization_id}\n{events} {head_hash}\n{lines} {lines_hash}\n")
    }
}
