//! Finds PostgreSQL's server programs on this machine.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use super::owner::Owner;
use super::{EmbeddedError, EmbeddedOptions, download};
use crate::store::db::embedded::layout::Layout;

/// Older ones lack what the schema uses, and are out of support.
const OLDEST_MAJOR: u32 = 14;
/// A program that does not tell its version in this time is broken.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);
/// What must be there; `pg_ctl` for the operator's hand.
const PROGRAMS: &[&str] = &["postgres", "initdb", "pg_ctl"];
/// Where systems put the server's programs, away from `PATH`: Debian and Ubuntu, Red Hat, Alpine.
const VERSIONED_FOLDERS: &[(&str, &str)] =
    &[("/usr/lib/postgresql", "bin"), ("/usr/pgsql", "bin"), ("/usr/libexec", "")];

/// A folder with server programs that run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    pub dir: PathBuf,
    pub version: Version,
}

/// `15.16`; a beta has the minor 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Version {
    /// From `postgres (PostgreSQL) 15.16 (Debian 15.16-0+deb12u1)`.
    fn parse(line: &str) -> Option<Self> {
        let word = line.split_once(") ")?.1.split_whitespace().next()?;
        let mut numbers = word.split(|c: char| !c.is_ascii_digit());
        let major = numbers.next()?.parse().ok()?;
        let minor = if word.contains('.') { numbers.next()?.parse().ok()? } else { 0 };
        Some(Self { major, minor })
    }
}

/// Programs that run here, for a cluster of version `made_by` if there is one already.
pub(super) async fn find(
    options: &EmbeddedOptions,
    layout: &Layout,
    owner: &Owner,
    made_by: Option<u32>,
) -> Result<Binaries, EmbeddedError> {
    let fits = |version: Version| made_by.is_none_or(|major| major == version.major);
    let other = |seen: String| EmbeddedError::OtherVersion {
        path: layout.cluster.clone(),
        made_by: made_by.unwrap_or_default(),
        seen,
    };
    if let Some(dir) = &options.postgres_bin {
        let binaries = probe(dir, owner).await;
        let binaries = binaries.map_err(|reason| EmbeddedError::PostgresBin { path: dir.clone(), reason })?;
        return if fits(binaries.version) { Ok(binaries) } else { Err(other(seen(&[binaries.version]))) };
    }
    let mut versions = Vec::new();
    for dir in candidates() {
        match probe(&dir, owner).await {
            Ok(binaries) if fits(binaries.version) => return Ok(binaries),
            Ok(binaries) => versions.push(binaries.version),
            Err(reason) => tracing::debug!(dir = %dir.display(), %reason, "passed over PostgreSQL programs"),
        }
    }
    if made_by.is_some_and(|major| major != download::MAJOR) {
        return Err(other(seen(&versions)));
    }
    let fetched = match download::fetch(&layout.cache).await {
        Ok(dir) => probe(&dir, owner).await,
        Err(reason) => Err(reason),
    };
    fetched.map_err(|reason| match made_by {
        Some(_) => other(format!("{}; a download failed: {reason}", seen(&versions))),
        None => EmbeddedError::NoBinaries(format!(", and a download failed: {reason}")),
    })
}

fn seen(versions: &[Version]) -> String {
    match versions.iter().map(ToString::to_string).reduce(|all, one| format!("{all}, {one}")) {
        Some(all) => format!(" (found: {all})"),
        None => String::new(),
    }
}

/// Folders worth a look, best first: what the operator put into `PATH`, then the newest package.
fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).filter(|dir| dir.join("postgres").exists());
    // A link in PATH leads to the folder that has the other programs, too.
    let in_path = in_path.map(|dir| {
        let real = dir.join("postgres").canonicalize().ok();
        real.and_then(|file| file.parent().map(Path::to_owned)).unwrap_or(dir)
    });
    let mut dirs: Vec<PathBuf> = in_path.chain(packaged()).collect();
    let mut met = std::collections::HashSet::new();
    dirs.retain(|dir| met.insert(dir.clone()));
    dirs
}

fn packaged() -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for (base, bin) in VERSIONED_FOLDERS {
        // `/usr/pgsql-17/bin` carries the version in its own name, the others in a folder below.
        let (parent, prefix) = match *base {
            "/usr/pgsql" => ("/usr", "pgsql-"),
            "/usr/libexec" => ("/usr/libexec", "postgresql"),
            other => (other, ""),
        };
        for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let major = name.to_str().and_then(|name| name.strip_prefix(prefix)).and_then(|m| m.parse().ok());
            found.extend(major.map(|major| (major, entry.path().join(bin))));
        }
    }
    found.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    found.into_iter().map(|(_, dir)| dir).collect()
}

/// Runs the programs: a folder may hold one without the others, or one that lacks its libraries.
async fn probe(dir: &Path, owner: &Owner) -> Result<Binaries, String> {
    let mut version = None;
    for program in PROGRAMS {
        let found = version_of(&dir.join(program), owner).await?;
        let first = *version.get_or_insert(found);
        if first.major != found.major {
            return Err(format!("{program} is of version {found}, {} of {first}", PROGRAMS[0]));
        }
    }
    match version {
        Some(version) if version.major >= OLDEST_MAJOR => Ok(Binaries { dir: dir.to_owned(), version }),
        Some(version) => Err(format!("version {version} is older than {OLDEST_MAJOR}")),
        None => Err("nothing to run".to_owned()),
    }
}

async fn version_of(program: &Path, owner: &Owner) -> Result<Version, String> {
    let failed = |reason: String| format!("{} does not run: {reason}", program.display());
    let mut command = owner.command(program);
    let output = command.arg("--version").stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(VERSION_TIMEOUT, output).await;
    let output =
        output.map_err(|_| failed("no answer".to_owned()))?.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(said.lines().next().unwrap_or("it fails without a word").to_owned()));
    }
    let line = String::from_utf8_lossy(&output.stdout);
    Version::parse(&line).ok_or_else(|| failed(format!("`{}` tells no version", line.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_the_programs_say() {
        for (line, major, minor) in [
            ("postgres (PostgreSQL) 15.16 (Debian 15.16-0+deb12u1)\n", 15, 16),
            ("initdb (PostgreSQL) 17.10\n", 17, 10),
            ("postgres (PostgreSQL) 19beta1\n", 19, 0),
        ] {
            assert_eq!(Version::parse(line), Some(Version { major, minor }), "{line}");
        }
        assert_eq!(Version::parse("something else"), None);
    }

    #[tokio::test]
    async fn a_folder_with_half_an_installation_is_no_installation() {
        let dir = tempfile::tempdir().unwrap();
        let owner = Owner::choose();
        owner.let_pass(dir.path()).unwrap();
        std::fs::write(dir.path().join("postgres"), "#!/bin/sh\necho 'postgres (PostgreSQL) 16.1'\n")
            .unwrap();
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(dir.path().join("postgres"), mode.clone()).unwrap();
        let reason = probe(dir.path(), &owner).await.unwrap_err();
        assert!(reason.contains("initdb does not run"), "{reason}");
        for program in ["initdb", "pg_ctl"] {
            std::fs::write(dir.path().join(program), "#!/bin/sh\necho 'x (PostgreSQL) 13.9'\n").unwrap();
            std::fs::set_permissions(dir.path().join(program), mode.clone()).unwrap();
        }
        let reason = probe(dir.path(), &owner).await.unwrap_err();
        assert!(reason.contains("initdb is of version 13.9, postgres of 16.1"), "{reason}");
    }
}
