//! Identifiers as newtypes, parsed at the edge, so that an invalid one can't exist inside.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::time::Timestamp;

/// Longest `runId` in bytes (contract: `[A-Za-z0-9][A-Za-z0-9._:-]{0,127}`).
pub const RUN_ID_MAX_BYTES: usize = 128;
/// Longest `nodeRef` in bytes (contract, limits).
pub const NODE_REF_MAX_BYTES: usize = 256;

/// What no new run may be called: words that stand in a path where a run's id would, and are found before it.
pub const RUN_IDS_RESERVED: &[&str] = &["count"];

/// Why a text is not an identifier; completes the sentence "`x` is not a …: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidId(pub &'static str);

/// The name of a run, chosen by the caller or generated; unique inside an organization.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct RunId(Arc<str>);

/// The name of a node inside a workflow, 1–256 bytes of any text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct NodeRef(Arc<str>);

/// The internal key of a run: a UUIDv7, whose time selects the partition its rows live in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunKey(pub Uuid);

impl RunKey {
    /// When the run was registered, in whole milliseconds: the first 48 bits of a UUIDv7 (RFC 9562).
    #[must_use]
    pub fn registered_at(self) -> Timestamp {
        let millis = i64::try_from(self.0.as_u128() >> 80).unwrap_or(i64::MAX);
        Timestamp::from_micros(millis.saturating_mul(1_000)).unwrap_or(Timestamp::EPOCH)
    }
}

/// The client's idempotency key of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventId(pub Uuid);

/// The owner of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OrganizationId(pub Uuid);

impl OrganizationId {
    /// The organization of an installation without accounts.
    pub const DEFAULT: Self = Self(Uuid::from_u128(1));
    /// No organization: nothing belongs to it, and nobody who is let in is in it.
    pub const NOBODYS: Self = Self(Uuid::nil());
}

impl RunId {
    /// The id `run-<uuidv7>` that a run gets when its caller chose none.
    #[must_use]
    pub fn generated(uuid: Uuid) -> Self {
        Self(format!("run-{uuid}").into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a run may be registered under this id; one that was so before the word was taken stays readable.
    pub fn check_new(&self) -> Result<(), InvalidId> {
        if RUN_IDS_RESERVED.contains(&self.as_str()) {
            return Err(InvalidId("is a word of the API's paths, which no run can be called: count"));
        }
        Ok(())
    }
}

impl FromStr for RunId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let first_is_fine = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        let rest_is_fine = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b));
        if first_is_fine && rest_is_fine && text.len() <= RUN_ID_MAX_BYTES {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId("a runId is 1 to 128 of A-Z a-z 0-9 . _ : - and begins with a letter or digit"))
        }
    }
}

impl NodeRef {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NodeRef {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.is_empty() || text.len() > NODE_REF_MAX_BYTES {
            return Err(InvalidId("a nodeRef is 1 to 256 bytes of text"));
        }
        Ok(Self(text.into()))
    }
}

macro_rules! text_id {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }
    };
}
text_id!(RunId);
text_id!(NodeRef);

macro_rules! uuid_id {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}
uuid_id!(RunKey);
uuid_id!(EventId);
uuid_id!(OrganizationId);

/// A subscriber's place in a run: the last event and the last log line it has.
///
/// Written `<seq>.<logSeq>`, which is the `id:` of an SSE message and the value of `Last-Event-ID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    pub seq: u64,
    pub log_seq: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.seq, self.log_seq)
    }
}

impl FromStr for Cursor {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fault = InvalidId("a cursor is <seq>.<logSeq>, two whole numbers");
        let (seq, log_seq) = text.split_once('.').ok_or(fault.clone())?;
        let number = |part: &str| part.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok());
        match (number(seq), number(log_seq)) {
            (Some(seq), Some(log_seq)) => Ok(Self { seq, log_seq }),
            _ => Err(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_keep_to_the_contract() {
        for good in ["a", "run-0198", "shipsec-run-1:2.3_x", &"x".repeat(128)] {
            assert!(good.parse::<RunId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", ".a", "a b", "a/b", "ä", &"x".repeat(129)] {
            assert!(bad.parse::<RunId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_word_of_the_paths_names_no_new_run() {
        for word in RUN_IDS_RESERVED {
            let refused = word.parse::<RunId>().unwrap().check_new().unwrap_err();
            assert!(refused.to_string().contains(word), "the refusal names {word}");
        }
        assert_eq!("counts".parse::<RunId>().unwrap().check_new(), Ok(()));
    }

    #[test]
    fn cursors_survive_their_text() {
        let cursor = Cursor { seq: 812, log_seq: 12_431 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "1", "1.", ".1", "a.b", "-1.2", "1.99999999999999999999"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }
}
