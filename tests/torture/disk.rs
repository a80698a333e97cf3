//! Full disks: a PostgreSQL whose data, and one whose WAL, lie on a small file system that is filled up under load and freed again.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::support::ledger::Load;
use crate::support::rng::Rng;
use crate::support::server::tempdir;
use crate::support::{Cluster, Database, Http, Server, check, event, run_id, until};
use crate::table::Outcome;

const AROUND: usize = 300;

/// A small file system in memory, unmounted with its value.
struct Small {
    folder: tempfile::TempDir,
}

impl Small {
    /// None where this user may not mount.
    fn mounted(mebibytes: u32) -> Option<Self> {
        let folder = tempdir("small");
        let options = format!("size={mebibytes}m,mode=0777");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        use std::io::Write as _;
        let mut file =
            std::fs::File::options().create(true).append(true).open(self.ballast()).expect("ballast");
        let block = vec![0_u8; 64 * 1024];
        while file.write_all(&block).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.ballast()).expect("the ballast goes");
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

pub async fn full(rng: &mut Rng) -> Vec<(&'static str, Outcome)> {
    let (data, wal) = (Small::mounted(256), Small::mounted(256));
    let (Some(data), Some(wal)) = (data, wal) else {
        let why = "this user may not mount a small file system";
        return vec![("disk full: data", Outcome::skipped(why)), ("disk full: WAL", Outcome::skipped(why))];
    };
    vec![("disk full: data", full_data(&data, rng).await), ("disk full: WAL", full_wal(&wal, rng).await)]
}

async fn full_data(small: &Small, rng: &mut Rng) -> Outcome {
    let mut cluster = Cluster::private().await;
    let database = cluster.own_database().await;
    let session = cluster.address().session("postgres").await;
    let place = small.path().join("space");
    std::fs::create_dir(&place).expect("a folder for the tablespace");
    own(&place);
    let make = format!("CREATE TABLESPACE small LOCATION '{}'", place.display());
    session.batch_execute(&make).await.expect("CREATE TABLESPACE");
    let moved = format!("ALTER DATABASE {} SET TABLESPACE small", database.name());
    session.batch_execute(&moved).await.expect("SET TABLESPACE");
    drop(session);
    filled(small, &mut cluster, &database, rng).await
}

async fn full_wal(small: &Small, rng: &mut Rng) -> Outcome {
    let mut cluster = Cluster::private().await;
    let database = cluster.own_database().await;
    let session = cluster.address().session("postgres").await;
    for setting in ["max_wal_size = '64MB'", "min_wal_size = '32MB'", "fsync = on"] {
        session.batch_execute(&format!("ALTER SYSTEM SET {setting}")).await.expect("ALTER SYSTEM");
    }
    let row = session.query_one("SHOW data_directory", &[]).await.expect("the data directory");
    let wal = PathBuf::from(row.get::<_, &str>(0)).join("pg_wal");
    drop(session);
    cluster.stop().await;
    let place = small.path().join("pg_wal");
    let copied = Command::new("cp").arg("-a").arg(&wal).arg(&place).status().expect("cp");
    assert!(copied.success(), "the WAL is moved");
    std::fs::remove_dir_all(&wal).expect("the old WAL goes");
    std::os::unix::fs::symlink(&place, &wal).expect("a link to the new one");
    cluster.start().await;
    filled(small, &mut cluster, &database, rng).await
}

/// Gives a folder to whoever PostgreSQL runs as.
fn own(folder: &Path) {
    if let Some((uid, gid)) = crate::support::postgres::unprivileged() {
        std::os::unix::fs::chown(folder, Some(uid.as_raw()), Some(gid.as_raw())).expect("chown");
    }
}

/// Loads a server, fills the file system until appends are refused, frees it, and settles.
async fn filled(small: &Small, cluster: &mut Cluster, database: &Database, rng: &mut Rng) -> Outcome {
    let begun = Instant::now();
    let server = Server::without_worker(database).await;
    let http = server.http();
    let runs: Vec<String> = (0..4).map(|_| run_id()).collect();
    let mut load = Load::start(std::slice::from_ref(&http), &runs, 4, rng);
    load.progress(AROUND).await;
    small.fill();
    until("appends are refused", || refused(&http, small)).await;
    small.free();
    // Without room for its WAL PostgreSQL ends, and somebody has to start it.
    if !takes_connections(cluster).await {
        cluster.kill9().await;
        cluster.start().await;
    }
    load.progress(AROUND).await;
    let ledger = load.finish().await;
    let mut outcome = Outcome::default();
    for run in &runs {
        ledger.append(&http, run, &[event("RUN_COMPLETED")]).await;
        outcome.events += ledger.account(run, &check::run(&http, database, run).await);
    }
    outcome.took = begun.elapsed();
    outcome.remark = "refused with 503 while it was full".to_owned();
    outcome
}

/// Whether an append is answered 503; what PostgreSQL frees by itself is filled again.
async fn refused(http: &Http, small: &Small) -> Option<()> {
    small.fill();
    let notes: Vec<_> = (0..50).map(|_| event("NOTE")).collect();
    let answer = http.try_post(&format!("/api/v1/runs/{}/events", run_id()), &notes.into()).await.ok()?;
    (answer.status == 503).then_some(())
}

async fn takes_connections(cluster: &Cluster) -> bool {
    let begun = Instant::now();
    while begun.elapsed().as_secs() < 5 {
        if tokio_postgres::connect(&cluster.address().url("postgres"), tokio_postgres::NoTls).await.is_ok() {
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    false
}
