//! The server's memory with ten thousand sockets that nothing happens on.

use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit};

use crate::fanout::connect;
use crate::harness::Outcome;
use crate::load::Writer;
use crate::report::{Report, Row, Target};
use crate::server::Server;
use crate::socket::live_path;

const GROUP: &str = "idle sockets";
const SOCKETS: usize = 10_000;
/// Files that server and client need beside the sockets.
const SPARE_FILES: u64 = 500;
/// Beyond the first heartbeat (15 s), so that its buffers are counted too.
const SETTLE: Duration = Duration::from_secs(17);
const MEGABYTE: f64 = 1e6;

pub async fn measure(server: &Server, report: &mut Report) -> Outcome<()> {
    let (limit, _) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let count = SOCKETS.min(usize::try_from(limit.saturating_sub(SPARE_FILES))?);
    let writer = Writer::begin(&server.address, "idle").await?;
    let before = server.memory()? as f64;
    let sockets = connect(&server.address, &live_path(&writer.run_id), count).await?;
    let opened = server.memory()? as f64;
    tokio::time::sleep(SETTLE).await;
    let after = server.memory()? as f64;
    drop(sockets);
    // Fewer than wanted are scaled up, and say so.
    let scale = SOCKETS as f64 / count as f64;
    let said = if count == SOCKETS { String::new() } else { format!(" (scaled from {count})") };
    let of = |name: &str, bytes: f64| Row::new(GROUP, format!("{name}{said}"), "MB", vec![bytes / MEGABYTE]);
    report.push(of("resident before", before));
    report.push(of("resident with 10,000, just opened", before + (opened - before) * scale));
    report.push(
        of("resident with 10,000, after a heartbeat", before + (after - before) * scale)
            .target(Target::AtMost(150.0)),
    );
    let each = (after - before) / count as f64 / 1024.0;
    report.push(Row::new(GROUP, "for each socket", "KiB", vec![each]));
    Ok(())
}
