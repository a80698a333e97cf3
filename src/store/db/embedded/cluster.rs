//! The cluster's files: making them, and the settings they run with.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use super::layout::Layout;
use super::owner::Owner;
use super::{Binaries, EmbeddedError};

/// The superuser, and the database that telltale uses.
pub(super) const USER: &str = "telltale";
pub(super) const DATABASE: &str = "telltale";
/// Takes about a second, more on a slow disk: it waits for everything to be on it.
const INITDB_TIMEOUT: Duration = Duration::from_secs(180);
/// A setting is looked up in milliseconds.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);
/// Our part of the configuration, written anew at each start.
const CONFIG_FILE: &str = "telltale.conf";

/// What the journal wants of its server. `ALTER SYSTEM` still overrides it.
const SETTINGS: &[(&str, &str)] = &[
    // Acknowledged means durable.
    ("fsync", "on"),
    ("synchronous_commit", "on"),
    ("full_page_writes", "on"),
    // Enough for backups by pg_basebackup, no more.
    ("wal_level", "replica"),
    // A burst of appends should not bring checkpoints forward.
    ("max_wal_size", "2GB"),
    ("checkpoint_timeout", "10min"),
    ("max_connections", "100"),
    ("shared_buffers", "256MB"),
    // Each partition of the event log takes a lock of its own.
    ("max_locks_per_transaction", "256"),
    // Compiling costs more than any of our queries takes.
    ("jit", "off"),
    ("timezone", "'UTC'"),
    ("log_timezone", "'UTC'"),
    ("log_line_prefix", "'%m [%p] '"),
    ("log_checkpoints", "off"),
    ("log_autovacuum_min_duration", "-1"),
];

/// The major version that made the cluster; None when there is none yet.
pub(super) fn made_by(layout: &Layout) -> Result<Option<u32>, EmbeddedError> {
    match std::fs::read_to_string(layout.cluster.join("PG_VERSION")) {
        Ok(text) => Ok(text.trim().parse().ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EmbeddedError::DataDir { path: layout.data_dir.clone(), source: error }),
    }
}

/// Makes the cluster beside its final place and moves it there when complete, so that a start that was cut
/// off leaves nothing that looks like one.
pub(super) async fn create(layout: &Layout, owner: &Owner, binaries: &Binaries) -> Result<(), EmbeddedError> {
    let failed = || EmbeddedError::io("making the database's folder");
    let dir = layout.unfinished();
    match std::fs::remove_dir_all(&dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed()(error)),
        _ => owner.private_dir(&dir).map_err(failed())?,
    }
    // Bytes are compared, fast and the same everywhere; letters are known, so that searches ignore case.
    // A system without that locale makes do with ASCII's letters.
    let mut outcome = Err(String::new());
    for letters in ["C.UTF-8", "C"] {
        outcome = initdb(&dir, owner, binaries, letters).await;
        match &outcome {
            Err(said) if said.contains("locale") => {}
            _ => break,
        }
    }
    outcome.map_err(EmbeddedError::Initdb)?;
    let config = dir.join("postgresql.conf");
    let line = format!(
        "\n# Written by telltale at each start; ALTER SYSTEM overrides it.\ninclude = '{CONFIG_FILE}'\n"
    );
    append(&config, &line).map_err(failed())?;
    layout.publish().map_err(failed())
}

async fn initdb(dir: &Path, owner: &Owner, binaries: &Binaries, letters: &str) -> Result<(), String> {
    let mut command = owner.command(&binaries.dir.join("initdb"));
    command.arg("-D").arg(dir).args(["-U", USER, "--auth=trust", "--encoding=UTF8", "--data-checksums"]);
    command.args(["--locale=C", "--no-instructions"]).arg(format!("--lc-ctype={letters}"));
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(INITDB_TIMEOUT, output).await;
    let output = output.map_err(|_| format!("initdb took longer than {} s", INITDB_TIMEOUT.as_secs()))?;
    let output = output.map_err(|error| format!("initdb does not run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().filter(|line| line.starts_with("initdb:")).collect::<Vec<_>>().join("; "))
}

/// Writes our settings, then those of `extra`, of which the last word counts.
pub(super) async fn configure(
    layout: &Layout,
    owner: &Owner,
    binaries: &Binaries,
    extra: &[(String, String)],
) -> Result<(), EmbeddedError> {
    let failed = || EmbeddedError::io("writing the database's configuration");
    // The file must be there for the question about lz4 to be answered at all.
    let path = layout.cluster.join(CONFIG_FILE);
    if !path.exists() {
        write_whole(&path, "", owner).map_err(failed())?;
    }
    let compression: &[(&str, &str)] = if knows_lz4(layout, owner, binaries).await {
        &[("wal_compression", "lz4"), ("default_toast_compression", "lz4")]
    } else {
        &[("wal_compression", "on")]
    };
    let name = format!("'{}'", layout.cluster_name());
    let named = [("cluster_name", name.as_str())];
    let ours = SETTINGS.iter().chain(compression).chain(&named);
    let mut text = String::new();
    for (name, value) in
        ours.copied().chain(extra.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    {
        text.push_str(&format!("{name} = {value}\n"));
    }
    write_whole(&path, &text, owner).map_err(failed())
}

/// Whether this build has lz4, asked by offering it: before 15 WAL did not know it, and builds differ.
async fn knows_lz4(layout: &Layout, owner: &Owner, binaries: &Binaries) -> bool {
    let mut command = owner.command(&binaries.dir.join("postgres"));
    command.arg("-D").arg(&layout.cluster).args(["-c", "wal_compression=lz4", "-C", "wal_compression"]);
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    matches!(tokio::time::timeout(PROBE_TIMEOUT, status).await, Ok(Ok(status)) if status.success())
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new().append(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// All of it or what was there before.
fn write_whole(path: &Path, text: &str, owner: &Owner) -> io::Result<()> {
    let beside = path.with_extension("conf.new");
    std::fs::write(&beside, text)?;
    owner.take(&beside)?;
    std::fs::rename(&beside, path)
}
