//! From starting the process to ready, on a cluster that exists.

use crate::harness::{Outcome, Plan};
use crate::report::{Report, Row, Target};
use crate::server::Server;

const GROUP: &str = "start";

pub async fn measure(plan: &Plan, server: &mut Server, report: &mut Report) -> Outcome<()> {
    let (mut clean, mut after_crash) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        server.restart().await?;
        clean.push(server.ready_after.as_secs_f64());
        server.crash().await?;
        after_crash.push(server.ready_after.as_secs_f64());
    }
    report.push(Row::new(GROUP, "ready after a clean stop", "s", clean).target(Target::AtMost(3.0)));
    let row = Row::new(GROUP, "ready after kill -9, database still there", "s", after_crash);
    report.push(row.target(Target::AtMost(3.0)));
    Ok(())
}
