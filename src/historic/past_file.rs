//! A file that a past run left, in the object store of its source. Pure.

use serde_json::{Map, Value};

use super::RowFault;
use crate::client::ArtifactLabel;
use crate::facts::artifact::{ArtifactName, MEDIA_TYPE_MAX_BYTES, MEDIA_TYPE_UNKNOWN};
use crate::facts::id::NodeRef;

/// A row of `artifacts` with its row of `files`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastFile {
    /// `artifacts <id>`
    pub row: String,
    id: String,
    pub label: ArtifactLabel,
    /// Where its bytes are, below the bucket or folder.
    pub storage_key: String,
    /// What the rows say of its size.
    pub bytes: Option<u64>,
}

/// The files that the rows of one run speak of.
pub fn past_files(rows: &[Map<String, Value>]) -> (Vec<PastFile>, Vec<RowFault>) {
    let mut faults = Vec::new();
    let mut files = Vec::new();
    for row in rows {
        match past_file(row) {
            Ok(file) => files.push(file),
            Err(fault) => faults.push(fault),
        }
    }
    (files, faults)
}

fn past_file(artifact: &Map<String, Value>) -> Result<PastFile, RowFault> {
    let file = artifact.get("file").and_then(Value::as_object);
    let own = |name: &str| artifact.get(name).filter(|value| !value.is_null());
    let of_file = |name: &str| file.and_then(|file| file.get(name)).filter(|value| !value.is_null());
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let id = text(own("id")).unwrap_or_default();
    let row = format!("artifacts {id}");
    let Some(storage_key) = text(of_file("storage_key")).filter(|key| !key.is_empty()) else {
        return Err(RowFault { row, reason: "`files` does not say where its bytes are".to_owned() });
    };
    let is_name = |name: &String| name.parse::<ArtifactName>().is_ok();
    let name = text(own("name")).or_else(|| text(of_file("file_name"))).filter(is_name);
    let is_header = |kind: &String| {
        kind.contains('/')
            && kind.len() <= MEDIA_TYPE_MAX_BYTES
            && kind.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
    };
    let media_type = text(own("mime_type")).or_else(|| text(of_file("mime_type"))).filter(is_header);
    let node = text(own("component_ref")).filter(|node| node.parse::<NodeRef>().is_ok());
    let label = ArtifactLabel {
        name: name.unwrap_or_else(|| id.clone()),
        of_node: node.map(|node| (node, 1)),
        media_type: media_type.unwrap_or_else(|| MEDIA_TYPE_UNKNOWN.to_owned()),
    };
    let bytes = own("size").or(of_file("size")).and_then(Value::as_u64);
    Ok(PastFile { row, id, label, storage_key, bytes })
}

impl PastFile {
    /// Its label where another file of the same node has its name already: what follows from the row is nobody else's.
    #[must_use]
    pub fn other_label(&self) -> ArtifactLabel {
        ArtifactLabel { name: format!("{}/{}", self.id, self.label.name), ..self.label.clone() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_says_what_and_whose_a_file_is_and_where() {
        let rows: Vec<Map<String, Value>> = serde_json::from_value(json!([
            {"id": "a1", "name": "report.json", "component_ref": "scan", "mime_type": "application/json", "size": 9,
             "file": {"storage_key": "k/1", "file_name": "x", "mime_type": "text/plain", "size": 8}},
            {"id": "a2", "name": "a\nb", "mime_type": "no type", "file": {"storage_key": "k/2", "file_name": "y", "size": 7}},
            {"id": "a3", "name": "lost", "file": null},
        ]))
        .unwrap();
        let (files, faults) = past_files(&rows);
        assert_eq!(faults[0].to_string(), "artifacts a3: `files` does not say where its bytes are");
        assert_eq!((files[0].storage_key.as_str(), files[0].bytes), ("k/1", Some(9)));
        assert_eq!(files[0].label.of_node, Some(("scan".to_owned(), 1)));
        assert_eq!(
            (files[0].label.name.as_str(), files[0].label.media_type.as_str()),
            ("report.json", "application/json")
        );
        assert_eq!(files[0].other_label().name, "a1/report.json");
        assert_eq!(
            (files[1].label.name.as_str(), files[1].label.media_type.as_str()),
            ("a2", MEDIA_TYPE_UNKNOWN)
        );
        assert_eq!((files[1].label.of_node.as_ref(), files[1].bytes), (None, Some(7)));
    }
}
