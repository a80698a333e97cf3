//! A process's workspace: a directory of its own for each attempt, removed afterwards, and what is taken from it.
//!
//! The runner often may read what the node may not. So whatever is opened here is opened beneath the workspace,
//! part by part without following a link, and only when it is a regular file: a node can't read through its runner.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;
use nix::unistd::{User, geteuid};
use uuid::Uuid;

use super::artifacts::Selection;
use super::engine::{ArtifactFile, Attempt, RESULT_MAX_BYTES, Report, Reports};
use super::output::ResultFile;
use super::spool::{self, Spooled};

/// The file with a node's result, in its workspace.
pub const RESULT_FILE: &str = "result.json";
/// Entries of a workspace that are looked at for artifacts; a checked-out repository with its packages has fewer.
const ENTRIES_MAX: usize = 1_000_000;
/// Directories inside each other; each costs an open file while it is walked.
const DEPTH_MAX: usize = 64;

/// A directory of its own for each attempt, removed afterwards.
pub struct Workspace {
    pub path: PathBuf,
    /// Whom the node runs as, when the runner may choose.
    pub owner: Option<(u32, u32)>,
}

impl Workspace {
    pub fn create() -> std::io::Result<Self> {
        let path = spool::directory().join(format!("telltale-{}", Uuid::now_v7()));
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        let owner = unprivileged();
        let workspace = Self { path, owner };
        if let Some((uid, gid)) = owner {
            chown(&workspace.path, Some(uid), Some(gid))?;
        }
        Ok(workspace)
    }

    /// The node's `result.json`, when it is a regular file of a bounded size.
    pub async fn result(&self) -> ResultFile {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || read_result(&path)).await;
        read.unwrap_or_else(|error| ResultFile::Refused(format!("can't be read: {error}")))
    }

    /// Reports copies of the files that the attempt's globs name.
    pub async fn artifacts(&self, attempt: &Attempt, reports: &Reports) {
        if attempt.artifacts.is_empty() {
            return;
        }
        let (path, globs, reports) = (self.path.clone(), attempt.artifacts.clone(), reports.clone());
        let collected = tokio::task::spawn_blocking(move || collect(&path, &globs, &reports)).await;
        if let Err(error) = collected {
            tracing::error!(%error, "artifacts could not be collected");
        }
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "a node's workspace could not be removed");
        }
    }
}

fn read_result(workspace: &Path) -> ResultFile {
    let opened = directory(workspace).and_then(|root| open_regular(&root, Path::new(RESULT_FILE)));
    let file = match opened {
        Ok(Some(file)) => file,
        Ok(None) => return ResultFile::Refused("is no regular file".to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return ResultFile::Missing,
        Err(error) => return ResultFile::Refused(format!("can't be read: {error}")),
    };
    let mut bytes = Vec::new();
    match file.take(RESULT_MAX_BYTES as u64 + 1).read_to_end(&mut bytes) {
        Ok(_) => ResultFile::bounded(bytes),
        Err(error) => ResultFile::Refused(format!("can't be read: {error}")),
    }
}

/// Opens a regular file beneath `root`; `None` for anything else, links included.
fn open_regular(root: &OwnedFd, relative: &Path) -> std::io::Result<Option<File>> {
    let mut at = root.try_clone()?;
    let mut parts = relative.components().peekable();
    while let Some(part) = parts.next() {
        let Component::Normal(name) = part else { return Ok(None) };
        // A fifo would wait for its writer; not so with O_NONBLOCK.
        let kind = if parts.peek().is_some() { OFlag::O_DIRECTORY } else { OFlag::O_NONBLOCK };
        at = match openat(&at, name, flags() | kind, Mode::empty()) {
            Ok(opened) => opened,
            // What a link and a socket answer.
            Err(nix::Error::ELOOP | nix::Error::ENXIO | nix::Error::ENOTDIR) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
    }
    let file = File::from(at);
    Ok(file.metadata()?.is_file().then_some(file))
}

fn directory(path: &Path) -> std::io::Result<OwnedFd> {
    Ok(open(path, flags() | OFlag::O_DIRECTORY, Mode::empty())?)
}

fn flags() -> OFlag {
    OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC
}

/// Walks the workspace and reports copies of what is wanted.
fn collect(workspace: &Path, globs: &[String], reports: &Reports) {
    let warn = |text: String| drop(reports.blocking_send(Report::warn(text)));
    let mut selection = match Selection::new(globs) {
        Ok(selection) => selection,
        Err(sentence) => return warn(sentence),
    };
    let mut walk = Walk { selection: &mut selection, reports, left: ENTRIES_MAX };
    if let Err(error) = directory(workspace).and_then(|root| walk.directory(&root, &root, "", DEPTH_MAX)) {
        warn(format!("artifacts could not be collected: {error}"));
    }
    if walk.left == 0 {
        warn(format!("artifacts were looked for among the first {ENTRIES_MAX} files of the workspace"));
    }
    selection.warnings().into_iter().for_each(warn);
}

struct Walk<'a> {
    selection: &'a mut Selection,
    reports: &'a Reports,
    left: usize,
}

impl Walk<'_> {
    /// `within` is the directory's own path with a slash at its end, or empty.
    fn directory(
        &mut self,
        root: &OwnedFd,
        directory: &OwnedFd,
        within: &str,
        depth: usize,
    ) -> std::io::Result<()> {
        // Through its descriptor, so that nobody can put a link in its place meanwhile.
        let listed = std::fs::read_dir(format!("/proc/self/fd/{}", directory.as_raw_fd()))?;
        let mut entries = listed.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            self.left = self.left.saturating_sub(1);
            if self.left == 0 {
                return Ok(());
            }
            let file_name = entry.file_name();
            // What has no name in UTF-8 can't be named by a glob, nor by an artifact.
            let Some(name) = file_name.to_str() else { continue };
            let name = format!("{within}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() && depth > 0 {
                let flags = flags() | OFlag::O_DIRECTORY;
                // Gone or replaced meanwhile, or not ours to read: then it has no artifacts.
                if let Ok(inner) = openat(directory.as_fd(), file_name.as_os_str(), flags, Mode::empty()) {
                    self.directory(root, &inner, &format!("{name}/"), depth - 1)?;
                }
            } else if !kind.is_dir() && self.selection.matches(&name) {
                self.file(root, &name);
            }
        }
        Ok(())
    }

    fn file(&mut self, root: &OwnedFd, name: &str) {
        let file = match open_regular(root, Path::new(name)) {
            Ok(Some(file)) => file,
            Ok(None) => return self.selection.refuse(name, "is no regular file"),
            Err(error) => return self.selection.refuse(name, &format!("can't be read: {error}")),
        };
        let bytes = file.metadata().map_or(0, |metadata| metadata.len());
        if !self.selection.has_room_for(name, bytes) {
            return;
        }
        match copy(file, bytes) {
            Ok((copy, bytes)) => {
                let artifact = ArtifactFile { name: name.to_owned(), file: copy, bytes };
                drop(self.reports.blocking_send(Report::Artifact(artifact)));
            }
            Err(error) => self.selection.refuse(name, &format!("can't be copied: {error}")),
        }
    }
}

/// A copy of the first `bytes` bytes: what still grows is as long as it was when it was judged.
fn copy(file: File, bytes: u64) -> std::io::Result<(Spooled, u64)> {
    let (spooled, mut copy) = Spooled::create()?;
    let copied = std::io::copy(&mut file.take(bytes), &mut copy)?;
    Ok((spooled, copied))
}

/// `nobody`, when this process is root and the machine has such a user. Looked up once: it takes reading files.
fn unprivileged() -> Option<(u32, u32)> {
    static NOBODY: OnceLock<Option<(u32, u32)>> = OnceLock::new();
    *NOBODY.get_or_init(|| {
        if !geteuid().is_root() {
            return None;
        }
        let nobody = User::from_name("nobody").ok().flatten()?;
        Some((nobody.uid.as_raw(), nobody.gid.as_raw()))
    })
}

#[cfg(test)]
#[path = "workspace_tests.rs"]
mod tests;
