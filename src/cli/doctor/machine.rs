//! The machine: the data directory, its disk, and the limits of the process.

use std::io::Write as _;
use std::path::Path;

use nix::sys::resource::{Resource, getrlimit};
use nix::sys::statvfs::statvfs;

use super::Check;

const GIB: u64 = 1024 * 1024 * 1024;
/// Below this a burst of output fills the disk before anybody has read the warning.
const DISK_WARN_BYTES: u64 = 5 * GIB;
/// PostgreSQL stops when it can't write its log, of which it keeps about 1 GiB.
const DISK_FAIL_BYTES: u64 = GIB;
/// A server of 1,000 viewers needs a file each, beside those of its pool and files.
const FILES_WARN: u64 = 4_096;
/// The pool, the listeners and a handful of viewers.
const FILES_FAIL: u64 = 256;

/// Everything that can be seen without a database.
pub(crate) fn machine(data_dir: &Path) -> Vec<Check> {
    vec![writable(data_dir), disk(data_dir), open_files()]
}

fn writable(data_dir: &Path) -> Check {
    const SUBJECT: &str = "data directory";
    let probe = data_dir.join(format!(".doctor-{}", std::process::id()));
    let tried = std::fs::create_dir_all(data_dir)
        .and_then(|()| std::fs::File::create(&probe))
        .and_then(|mut file| file.write_all(b"telltale").and_then(|()| file.sync_all()));
    // The probe is removed however far it got; one that can't be made needn't be.
    drop(std::fs::remove_file(&probe));
    match tried {
        Ok(()) => Check::ok(SUBJECT, format!("{} is writable", data_dir.display())),
        Err(error) => Check::fail(
            SUBJECT,
            format!("{} can't be written: {error}", data_dir.display()),
            "make it writable for this user, or choose another with TELLTALE_DATA_DIR",
        ),
    }
}

fn disk(data_dir: &Path) -> Check {
    match statvfs(data_dir) {
        Ok(found) => judge_disk(found.blocks_available() * found.fragment_size()),
        Err(error) => Check::warn("disk space", format!("it can't be read: {error}"), "look at it with df"),
    }
}

fn judge_disk(free: u64) -> Check {
    const SUBJECT: &str = "disk space";
    let tenths = free.saturating_mul(10) / GIB;
    let finding = format!("{}.{} GiB free", tenths / 10, tenths % 10);
    let advice =
        "make room, or move the data directory; runs can be removed by age once they are no longer wanted";
    match free {
        ..DISK_FAIL_BYTES => Check::fail(SUBJECT, finding, advice),
        DISK_FAIL_BYTES..DISK_WARN_BYTES => Check::warn(SUBJECT, finding, advice),
        _ => Check::ok(SUBJECT, finding),
    }
}

fn open_files() -> Check {
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((soft, hard)) => judge_open_files(soft, hard),
        Err(error) => Check::warn("open files", format!("the limit can't be read: {error}"), "see ulimit -n"),
    }
}

fn judge_open_files(soft: u64, hard: u64) -> Check {
    const SUBJECT: &str = "open files";
    let finding = format!("{soft} at most (up to {hard} may be asked for)");
    let advice = "each viewer needs one: raise it with ulimit -n, or LimitNOFILE= of the service";
    match soft {
        ..FILES_FAIL => Check::fail(SUBJECT, finding, advice),
        FILES_FAIL..FILES_WARN => Check::warn(SUBJECT, finding, advice),
        _ => Check::ok(SUBJECT, finding),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_directory_that_can_be_written_is_left_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(writable(dir.path()).verdict, Verdict::Ok);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(writable(&file.join("below")).verdict, Verdict::Fail);
    }

    #[test]
    fn little_room_warns_and_none_fails() {
        let verdicts = [500 * 1024 * 1024, 2 * GIB, 80 * GIB].map(|free| judge_disk(free).verdict);
        assert_eq!(verdicts, [Verdict::Fail, Verdict::Warn, Verdict::Ok]);
        assert_eq!(judge_disk(2 * GIB + GIB / 2).finding, "2.5 GiB free");
        let verdicts = [64, 1_024, 65_536].map(|soft| judge_open_files(soft, 65_536).verdict);
        assert_eq!(verdicts, [Verdict::Fail, Verdict::Warn, Verdict::Ok]);
    }
}
