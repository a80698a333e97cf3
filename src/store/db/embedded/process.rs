//! What `/proc` tells: whether a process is the postmaster of a cluster, and whom a dead one left behind.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::layout::Layout;
use super::owner::Owner;

/// Whether `pid` is, now, a postmaster of this cluster: ids are reused, so that a file which names one
/// proves nothing. A zombie is none.
pub(super) fn is_postmaster(pid: Pid, layout: &Layout, owner: &Owner) -> bool {
    let arguments = arguments(pid);
    let cluster = layout.cluster.as_os_str().as_encoded_bytes();
    let started_so = arguments.windows(2).any(|pair| pair[0] == b"-D" && pair[1] == cluster);
    started_so && belongs_to(pid, owner) && works_in(pid, &layout.cluster).unwrap_or(true)
}

/// The processes that a postmaster of this cluster has left behind.
pub(super) fn orphans(layout: &Layout, owner: &Owner) -> Vec<Pid> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let title = format!("postgres: {}: ", layout.cluster_name());
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw))
        .filter(|pid| {
            let arguments = arguments(*pid);
            arguments.first().is_some_and(|first| first.starts_with(title.as_bytes()))
                && belongs_to(*pid, owner)
                && works_in(*pid, &layout.cluster).unwrap_or(true)
        })
        .collect()
}

/// Signals are wishes: the process may be gone by now, which is as good.
pub(super) fn signal(pid: Pid, signal: Signal) {
    if let Err(error) = kill(pid, signal) {
        tracing::debug!(%pid, %signal, %error, "signal not delivered");
    }
}

/// Empty for a zombie and for a process that is gone.
fn arguments(pid: Pid) -> Vec<Vec<u8>> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0).map(<[u8]>::to_vec).filter(|part| !part.is_empty()).collect()
}

fn belongs_to(pid: Pid, owner: &Owner) -> bool {
    std::fs::metadata(format!("/proc/{pid}")).is_ok_and(|found| found.uid() == owner.uid.as_raw())
}

/// Whether the process works in the directory, as all of PostgreSQL's do in their cluster; compared by
/// inode, since a container's process may work in another directory of the same name. None when we may not
/// look: root in a container without the right to trace.
fn works_in(pid: Pid, dir: &Path) -> Option<bool> {
    let theirs = std::fs::metadata(format!("/proc/{pid}/cwd")).ok()?;
    let ours = std::fs::metadata(dir).ok()?;
    Some((theirs.dev(), theirs.ino()) == (ours.dev(), ours.ino()))
}
