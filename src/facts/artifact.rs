//! Artifacts: files that nodes leave. Their names, their places, and the ids that follow from both.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::id::{InvalidId, NodeRef, OrganizationId, RunId};

/// Longest name in bytes: a path as nodes write them; with the node's name it is part of an index.
pub const ARTIFACT_NAME_MAX_BYTES: usize = 512;
/// Largest artifact: a core dump or a video still fits, one mistake does not fill a disk.
pub const ARTIFACT_MAX_BYTES: u64 = 1024 * 1024 * 1024;
/// Longest media type: the standard's two names of 127 letters, and a parameter or two.
pub const MEDIA_TYPE_MAX_BYTES: usize = 512;
/// The name of a run's inputs where they are too large for its first event. They are the run's own, and no result.
pub const INPUTS_NAME: &str = "inputs.json";
/// What bytes are that nobody has named otherwise.
pub const MEDIA_TYPE_UNKNOWN: &str = "application/octet-stream";

/// The name of an artifact: any text without control characters, `../` and all. It is a label and never becomes a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ArtifactName(String);

impl ArtifactName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ArtifactName {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.is_empty() || text.len() > ARTIFACT_NAME_MAX_BYTES || text.chars().any(char::is_control) {
            return Err(InvalidId("an artifact's name is 1 to 512 bytes of text without control characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ArtifactName {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl fmt::Display for ArtifactName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an artifact belongs inside its run: nothing else of the run has the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactPlace {
    pub name: ArtifactName,
    /// `None`: the run's own.
    pub node_ref: Option<NodeRef>,
    /// `None` where no node is named.
    pub attempt: Option<u32>,
}

impl ArtifactPlace {
    /// The artifact's id, which follows from the run, the place and the content: the same file sent again is the same
    /// artifact, also where the first sending broke off half-way.
    #[must_use]
    pub fn artifact_id(&self, organization: OrganizationId, run_id: &RunId, sha256: &[u8; 32]) -> Uuid {
        let node = self.node_ref.as_ref().map_or("", NodeRef::as_str);
        let attempt = self.attempt.unwrap_or(0);
        // Lengths in front, so that no two places give the same text.
        let text = format!(
            "artifact/{run_id}/{}:{node}/{attempt}/{}:{}/",
            node.len(),
            self.name.as_str().len(),
            self.name
        );
        Uuid::new_v5(&organization.0, &[text.as_bytes(), sha256].concat())
    }
}

/// The id of the event that records an artifact.
#[must_use]
pub fn event_id(artifact_id: Uuid) -> Uuid {
    Uuid::new_v5(&artifact_id, b"artifact-recorded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_any_text_without_control_characters() {
        for good in ["report.json", "../../etc/passwd", "ä/日本.txt", "a b\"c'", &"x".repeat(512)] {
            assert!(good.parse::<ArtifactName>().is_ok(), "{good}");
        }
        for bad in ["", "a\nb", "a\0", "\u{7f}", "\u{85}", &"x".repeat(513)] {
            assert!(bad.parse::<ArtifactName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_id_follows_from_run_place_and_content() {
        let place = |node: &str, name: &str| ArtifactPlace {
            name: name.parse().unwrap(),
            node_ref: node.parse().ok(),
            attempt: Some(1),
        };
        let id = |place: &ArtifactPlace, run: &str, byte: u8| {
            place.artifact_id(OrganizationId::DEFAULT, &run.parse().unwrap(), &[byte; 32])
        };
        let first = id(&place("a", "b"), "r", 1);
        assert_eq!(id(&place("a", "b"), "r", 1), first);
        let others = [
            id(&place("a", "b"), "r", 2),
            id(&place("a", "b"), "s", 1),
            id(&place("a", "c"), "r", 1),
            id(&place("", "b"), "r", 1),
            id(&place("a/1/1:b", "b"), "r", 1),
        ];
        assert!(!others.contains(&first));
    }
}
