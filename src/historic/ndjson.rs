//! Events as NDJSON, one a line with its `runId`, as the API takes and gives them; some thousands at a time.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use indexmap::IndexMap;
use serde::Deserialize;
use uuid::Uuid;

use super::{PastRun, SourceError};
use crate::facts::event_input::EVENT_MAX_BYTES;
use crate::facts::id::RunId;

/// Lines read at once: two fifths of what a request may hold.
const LINES_PER_PAGE: usize = 2_000;
/// The space of ids for events that have none (version 5, of run, line number and text).
const SPACE: Uuid = Uuid::from_u128(0x7e11_7a1e_0000_5000_8000_0000_0000_0002);

/// The file, and how far it has been read.
pub struct NdjsonSource {
    name: String,
    lines: BufReader<File>,
    line_no: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    run_id: Option<String>,
    event_id: Option<serde::de::IgnoredAny>,
}

impl NdjsonSource {
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let file = File::open(path)
            .map_err(|error| SourceError::Unfit(format!("{} can't be opened: {error}", path.display())))?;
        Ok(Self { name: path.display().to_string(), lines: BufReader::new(file), line_no: 0 })
    }

    /// The events of the next lines, by run; none at the end. A run may come again in the next page.
    pub fn next_page(&mut self) -> Result<Vec<PastRun>, SourceError> {
        let mut runs: IndexMap<RunId, PastRun> = IndexMap::new();
        let unnamed = RunId::generated(Uuid::nil());
        for _ in 0..LINES_PER_PAGE {
            let Some((line, is_whole)) = self.next_line()? else { break };
            let row = format!("{}:{}", self.name, self.line_no);
            let text = String::from_utf8_lossy(&line);
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            let named =
                if is_whole { named(text) } else { Err(format!("is longer than {EVENT_MAX_BYTES} bytes")) };
            match named {
                Ok((run_id, has_id)) => {
                    let id = Uuid::new_v5(&SPACE, format!("{run_id}\n{}\n{text}", self.line_no).as_bytes());
                    let run = runs.entry(run_id.clone()).or_insert_with(|| PastRun::new(run_id));
                    if has_id {
                        run.push_text(text, &row, id);
                    } else {
                        run.push_text(&format!("{{\"eventId\":\"{id}\",{}", &text[1..]), &row, id);
                    }
                }
                Err(reason) => {
                    runs.entry(unnamed.clone())
                        .or_insert_with(|| PastRun::new(unnamed.clone()))
                        .fault(row, reason);
                }
            }
        }
        Ok(runs.into_values().collect())
    }

    /// The next line, and whether it was short enough to be one; what is longer is read past.
    fn next_line(&mut self) -> Result<Option<(Vec<u8>, bool)>, SourceError> {
        let mut line = Vec::new();
        let most = EVENT_MAX_BYTES as u64 + 2;
        let broken = |error: std::io::Error| SourceError::Broken(error.to_string());
        if (&mut self.lines).take(most).read_until(b'\n', &mut line).map_err(broken)? == 0 {
            return Ok(None);
        }
        self.line_no += 1;
        if line.ends_with(b"\n") || (line.len() as u64) < most {
            return Ok(Some((line, true)));
        }
        let mut rest = Vec::new();
        while (&mut self.lines).take(most).read_until(b'\n', &mut rest).map_err(broken)? > 0
            && !rest.ends_with(b"\n")
        {
            rest.clear();
        }
        Ok(Some((line, false)))
    }
}

/// The run that a line names, and whether it has an id of its own.
fn named(text: &str) -> Result<(RunId, bool), String> {
    if !text.starts_with('{') {
        return Err("is no JSON object".to_owned());
    }
    let named: Named = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let run_id = named.run_id.ok_or("/runId is missing")?;
    let run_id = run_id.parse().map_err(|error| format!("/runId {error}"))?;
    Ok((run_id, named.event_id.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_by_run_and_bad_ones_are_named() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let long = format!(r#"{{"runId":"a","type":"NOTE","message":"{}"}}"#, "x".repeat(200_000));
        let text = format!(
            "{}\n\n{}\nnonsense\n{long}\n{}\n{}",
            r#"{"runId":"a","type":"RUN_STARTED","occurredAt":"2025-01-01T00:00:00Z"}"#,
            r#"{"runId":"b","type":"NOTE","eventId":"01900000-0000-7000-8000-000000000000"}"#,
            r#"{"type":"NOTE"}"#,
            r#"{"runId":"a","type":"RUN_COMPLETED"}"#,
        );
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        let read = || NdjsonSource::open(file.path()).unwrap().next_page().unwrap();
        let runs = read();
        let a = runs.iter().find(|run| run.run_id.as_str() == "a").unwrap();
        assert_eq!(a.events.len(), 2);
        assert_eq!(a.events, read().iter().find(|run| run.run_id.as_str() == "a").unwrap().events);
        let faults: Vec<String> =
            runs.iter().flat_map(|run| &run.faults).map(|fault| fault.reason.clone()).collect();
        assert_eq!(faults, ["is no JSON object", "is longer than 65536 bytes", "/runId is missing"]);
    }
}
