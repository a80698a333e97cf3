//! Clock steps: the second server's clock jumps by hours, days and weeks, forwards and backwards, while both write.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::faults::Fault;
use crate::phase;
use crate::support::rng::Rng;
use crate::support::{event, run_id};
use crate::table::Outcome;
use crate::world::World;

/// Hours forward, days back, beyond the partitions that exist, and home again; in seconds.
const STEPS: [i64; 5] = [3 * 3_600, -2 * 86_400, 40 * 86_400, -30 * 86_400, 0];

/// Builds the shim that steps a clock; none where there is no C compiler.
pub fn build(folder: &Path) -> Option<PathBuf> {
    let shim = folder.join("clock.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/torture/clock.c");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&shim).arg(source).status();
    built.is_ok_and(|status| status.success()).then_some(shim)
}

/// The file that says by how much; it is mapped, and so never replaced.
pub fn file(folder: &Path) -> PathBuf {
    let file = folder.join("clock");
    std::fs::write(&file, 0_i64.to_ne_bytes()).expect("the clock's file");
    file
}

/// Steps the clock of the second server.
pub fn step(file: &Path, seconds: i64) {
    use std::io::Write as _;
    let mut file = std::fs::File::options().write(true).open(file).expect("the clock's file");
    file.write_all(&seconds.to_ne_bytes()).expect("a step of the clock");
}

pub async fn steps(world: &mut World, rng: &mut Rng) -> Outcome {
    if world.clock.is_none() {
        return Outcome::skipped("no C compiler for the shim that steps a server's clock");
    }
    prove(world).await;
    let faults: Vec<Fault> = STEPS.into_iter().map(Fault::ClockStep).collect();
    let mut outcome = phase::run(world, rng, &faults).await;
    outcome.remark = "one of two servers: +3 h, −2 d, +40 d, −30 d, and back".to_owned();
    outcome
}

/// The shim does what it should: the second server records an hour ahead, the first does not.
async fn prove(world: &World) {
    let Some(file) = &world.clock else { return };
    step(file, 3_600);
    let mut ahead = Vec::new();
    for server in &world.servers {
        let (http, run) = (server.http(), run_id());
        http.append(&run, &[event("NOTE"), event("RUN_COMPLETED")]).await;
        let recorded = http.events(&run).await[0]["recordedAt"].as_str().expect("`recordedAt`").to_owned();
        let recorded: jiff::Timestamp = recorded.parse().expect("a time");
        ahead.push(recorded.as_second() - jiff::Timestamp::now().as_second());
    }
    step(file, 0);
    assert!(ahead[0] < 60 && ahead[1] > 3_500, "seconds ahead: {ahead:?}");
}
