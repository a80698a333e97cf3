//! ShipSec Studio's database, some runs at a time.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::postgres::Session;
use super::shipsec::{Beside, Rows, RunRow, TraceRow, past_run};
use super::{PastRun, SourceError};
use crate::facts::id::RunId;

const COUNT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/historic/shipsec_count.sql"));
const RUNS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/historic/shipsec_runs.sql"));
const TRACES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/historic/shipsec_traces.sql"));
const LOG_STREAMS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/historic/shipsec_log_streams.sql"));
const ARTIFACTS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/historic/shipsec_artifacts.sql"));
const NODE_IO: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/historic/shipsec_node_io.sql"));

/// Runs read at once: some thousands of traces, which is what one request may carry.
const RUNS_PER_PAGE: i64 = 50;

/// Without these two there is nothing to import.
const NEEDED: [&str; 2] = ["workflow_runs", "workflow_traces"];

/// The database, and how far it has been read.
pub struct ShipsecSource {
    session: Session,
    after: String,
    has_log_streams: bool,
    has_artifacts: bool,
    has_node_io: bool,
}

#[derive(Deserialize)]
struct Listed {
    run_id: String,
    run: Value,
}

impl ShipsecSource {
    pub async fn open(url: &str) -> Result<Self, SourceError> {
        let session = Session::open(url).await?;
        for table in NEEDED {
            if !session.has_table(table).await? {
                return Err(SourceError::Unfit(format!(
                    "this is no database of ShipSec Studio: it has no table `{table}`"
                )));
            }
        }
        let has_artifacts = session.has_table("artifacts").await? && session.has_table("files").await?;
        Ok(Self {
            has_log_streams: session.has_table("workflow_log_streams").await?,
            has_node_io: session.has_table("node_io").await?,
            has_artifacts,
            session,
            after: String::new(),
        })
    }

    /// Runs that the table of runs has; those that left only traces come beside them.
    pub async fn total(&self) -> Result<u64, SourceError> {
        self.session.count(COUNT).await
    }

    /// The next runs; none at the end.
    pub async fn next_page(&mut self) -> Result<Vec<PastRun>, SourceError> {
        let texts = self.session.json(RUNS, &[&self.after, &RUNS_PER_PAGE]).await?;
        let listed: Vec<Listed> = texts.iter().map(|text| read(text)).collect::<Result<_, _>>()?;
        let Some(last) = listed.last() else { return Ok(Vec::new()) };
        self.after.clone_from(&last.run_id);
        let ids: Vec<String> = listed.iter().map(|listed| listed.run_id.clone()).collect();
        let mut traces = by_run(self.session.json(TRACES, &[&ids]).await?)?;
        let mut beside = self.beside(&ids).await?;
        let runs = listed.into_iter().map(|Listed { run_id, run }| {
            let traces = traces.remove(&run_id).unwrap_or_default().into_iter().map(trace).collect();
            let beside = beside.remove(&run_id).unwrap_or_default();
            match (run_id.parse::<RunId>(), serde_json::from_value::<Option<RunRow>>(run)) {
                (Ok(run_id), Ok(run)) => past_run(Rows { run_id, run, traces, beside }),
                (Ok(id), Err(error)) => {
                    let row = format!("workflow_runs {run_id}");
                    let mut past = past_run(Rows { run_id: id, run: None, traces, beside });
                    past.fault(row, error.to_string());
                    past
                }
                (Err(error), _) => unnamed(&run_id, &error.to_string()),
            }
        });
        Ok(runs.collect())
    }

    async fn beside(&self, ids: &Vec<String>) -> Result<HashMap<String, Beside>, SourceError> {
        let mut beside: HashMap<String, Beside> = HashMap::new();
        if self.has_log_streams {
            for (run, rows) in by_run(self.session.json(LOG_STREAMS, &[ids]).await?)? {
                beside.entry(run).or_default().log_streams = rows;
            }
        }
        if self.has_artifacts {
            for (run, rows) in by_run(self.session.json(ARTIFACTS, &[ids]).await?)? {
                beside.entry(run).or_default().artifacts = rows;
            }
        }
        if self.has_node_io {
            for (run, rows) in by_run(self.session.json(NODE_IO, &[ids]).await?)? {
                beside.entry(run).or_default().node_io = rows;
            }
        }
        Ok(beside)
    }
}

/// A run whose id this system can't have: nothing of it is sent, and it is told.
fn unnamed(run_id: &str, reason: &str) -> PastRun {
    let mut past = PastRun::new(RunId::generated(Uuid::nil()));
    past.fault(format!("workflow_runs {run_id}"), format!("its id can't be one here: {reason}"));
    past
}

fn trace(row: Map<String, Value>) -> Result<TraceRow, (String, String)> {
    let name = format!("workflow_traces {}", row.get("id").unwrap_or(&Value::Null));
    serde_json::from_value(Value::Object(row)).map_err(|error| (name, error.to_string()))
}

fn by_run(texts: Vec<String>) -> Result<HashMap<String, Vec<Map<String, Value>>>, SourceError> {
    let mut runs: HashMap<String, Vec<Map<String, Value>>> = HashMap::new();
    for text in texts {
        let row: Map<String, Value> = read(&text)?;
        let run = row.get("run_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        runs.entry(run).or_default().push(row);
    }
    Ok(runs)
}

fn read<T: for<'a> Deserialize<'a>>(text: &str) -> Result<T, SourceError> {
    serde_json::from_str(text).map_err(|error| SourceError::Broken(error.to_string()))
}
