//! Bringing in the past: a file of events through `telltale import`, beside appending as many at once over HTTP.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Instant;

use tokio::process::Command;
use uuid::Uuid;

use crate::append::Crew;
use crate::harness::{Outcome, Plan, SPELL};
use crate::load::NODES;
use crate::report::{Report, Row, Target};
use crate::server::Server;

const GROUP: &str = "import";
const RUNS: usize = 300;
/// Events of each run.
const EVENTS: usize = 1_000;
/// The load of `append` that it is held against.
const WRITERS: usize = 8;

pub async fn measure(plan: &Plan, server: &Server, report: &mut Report) -> Outcome<()> {
    let mut crew = Crew::gather(&server.address, WRITERS, EVENTS).await?;
    crew.work(SPELL / 4).await?;
    let (mut imported, mut appended) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let file = past()?;
        let started = Instant::now();
        import(server, file.path()).await?;
        imported.push((RUNS * EVENTS) as f64 / started.elapsed().as_secs_f64());
        appended.push(crew.work(SPELL).await?);
    }
    let row = Row::new(GROUP, format!("{RUNS} runs of {EVENTS} events, NDJSON"), "events/s", imported);
    let row = row.beside(format!("append, {WRITERS} writers × {EVENTS}"), &appended);
    report.push(row.target(Target::RatioAtLeast(0.5)));
    Ok(())
}

/// Runs of last week, one after another, as another installation would give them.
fn past() -> Outcome<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    let mut out = std::io::BufWriter::new(file.as_file_mut());
    let begin = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(7 * 24);
    for run in 0..RUNS {
        let run_id = format!("past-{}", Uuid::now_v7());
        for index in 0..EVENTS {
            let at = begin + jiff::SignedDuration::from_millis((run * EVENTS + index) as i64);
            let node = index % NODES;
            let what = match index {
                0 => r#""type":"RUN_STARTED","data":{"workflow":"bench"}"#.to_owned(),
                _ if index <= NODES => format!(r#""type":"NODE_STARTED","nodeRef":"resolve-{node}""#),
                _ if index == EVENTS - 1 => r#""type":"RUN_COMPLETED""#.to_owned(),
                _ => format!(
                    r#""type":"NODE_PROGRESS","nodeRef":"resolve-{node}","attempt":1,"message":"{index} of 1,000 hosts","data":{{"completed":{index},"total":1000,"host":"h{index}.example.org"}}"#
                ),
            };
            writeln!(
                out,
                r#"{{"runId":"{run_id}","eventId":"{}","occurredAt":"{at:.6}",{what}}}"#,
                Uuid::now_v7()
            )?;
        }
    }
    out.flush()?;
    drop(out);
    Ok(file)
}

async fn import(server: &Server, file: &std::path::Path) -> Outcome<()> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telltale"));
    command.args(["import", "--from", "ndjson", "--json"]).arg(file);
    let command = command.env("TELLTALE_URL", format!("http://{}", server.address)).current_dir("/");
    let output = command.stdin(Stdio::null()).output().await?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the import failed: {said}").into());
    }
    Ok(())
}
