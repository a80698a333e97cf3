//! Keeps what an attempt left: its artifacts, and an output that is too large for an event.
//!
//! All of it is stored before the attempt's end is told, so that whoever hears of the end finds it there.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::client::{ArtifactLabel, ArtifactSummary, NewEvent};
use crate::facts::event::EventType;
use crate::facts::id::NodeRef;

use super::engine::ArtifactFile;
use super::node::AttemptEnd;
use super::output::Output;
use super::recorder::Recorder;
use super::spool::Spooled;
use super::story;

/// The name of an output that is kept as a file.
const OUTPUT_NAME: &str = "output.json";

/// Stores what the attempt left. What is refused is told in a note, and the attempt ends as it did.
pub(super) async fn keep(recorder: &Recorder, node: &NodeRef, attempt: u32, end: &mut AttemptEnd) {
    for ArtifactFile { name, file, bytes } in std::mem::take(&mut end.artifacts) {
        let media_type = media_type(&name).to_owned();
        let of_node = Some((node.to_string(), attempt));
        let label = ArtifactLabel { name, of_node, media_type };
        store(recorder, node, attempt, &label, &file, bytes).await;
    }
    if let Some(Output::Large(bytes)) = &end.output {
        end.output = keep_output(recorder, node, attempt, bytes).await;
    }
}

async fn keep_output(recorder: &Recorder, node: &NodeRef, attempt: u32, output: &[u8]) -> Option<Output> {
    let spooled = Spooled::create().and_then(|(spooled, mut file)| file.write_all(output).map(|()| spooled));
    let spooled = match spooled {
        Ok(spooled) => spooled,
        Err(error) => {
            warn(recorder, node, attempt, format!("the output could not be kept: {error}")).await;
            return None;
        }
    };
    let label = ArtifactLabel {
        name: OUTPUT_NAME.to_owned(),
        of_node: Some((node.to_string(), attempt)),
        media_type: "application/json".to_owned(),
    };
    let stored = store(recorder, node, attempt, &label, &spooled, output.len() as u64).await?;
    let value = serde_json::from_slice(output).unwrap_or_default();
    Some(Output::Kept { reference: reference(&stored), value })
}

/// How an event refers to a value that is kept as a file.
fn reference(stored: &ArtifactSummary) -> Value {
    json!({ "$artifact": stored.artifact_id, "bytes": stored.bytes, "sha256": stored.sha256 })
}

async fn store(
    recorder: &Recorder,
    node: &NodeRef,
    attempt: u32,
    label: &ArtifactLabel,
    file: &Spooled,
    bytes: u64,
) -> Option<ArtifactSummary> {
    match recorder.upload(label, file, bytes).await? {
        Ok(stored) => Some(stored),
        Err(error) => {
            let text = format!("the file `{}` could not be kept: {error}", label.name);
            warn(recorder, node, attempt, text).await;
            None
        }
    }
}

async fn warn(recorder: &Recorder, node: &NodeRef, attempt: u32, text: String) {
    let event = story::node_event(EventType::Note, node, attempt).with_message(text);
    drop(recorder.event(NewEvent { level: Some("warn".to_owned()), ..event }, None).await);
}

/// By the name's ending, for the kinds that browsers and people know; bytes otherwise.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("txt" | "log" | "md") => "text/plain; charset=utf-8",
        Some("json") => "application/json",
        Some("jsonl" | "ndjson") => "application/x-ndjson",
        Some("csv") => "text/csv; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("xml") => "application/xml",
        Some("yaml" | "yml") => "application/yaml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("svg") => "image/svg+xml",
        Some("pdf") => "application/pdf",
        Some("zip") => "application/zip",
        Some("gz" | "tgz") => "application/gzip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_kind_of_file_it_is() {
        assert_eq!(media_type("out/report.JSON"), "application/json");
        assert_eq!(media_type("README"), "application/octet-stream");
        assert_eq!(media_type("a.b/c"), "application/octet-stream");
    }
}
