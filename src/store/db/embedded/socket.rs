//! The folder of the socket: a Unix socket's path is short, and nobody else may enter.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::EmbeddedError;
use super::layout::Layout;
use super::owner::Owner;

/// `sockaddr_un.sun_path` has 108 bytes, one of them the closing zero.
const SUN_PATH_MAX: usize = 107;
/// What PostgreSQL puts behind the folder; the port is always the default one.
const SOCKET_FILE: &str = "/.s.PGSQL.5432";
/// Names tried in a shared folder, should somebody sit on the first.
const TRIES: usize = 8;

/// The folder for the socket, made if it is not there: the one that is `wanted`, else `run` in the data
/// directory, else one in a shared folder under a name that belongs to the data directory.
pub(super) fn prepare(
    wanted: Option<&Path>,
    layout: &Layout,
    owner: &Owner,
) -> Result<PathBuf, EmbeddedError> {
    let failed = || EmbeddedError::io("making the folder for the database's socket");
    if let Some(dir) = wanted {
        let dir = std::path::absolute(dir).map_err(failed())?;
        if !fits(&dir) {
            let reason = format!("socket_dir {} is too long or has unusual characters", dir.display());
            return Err(EmbeddedError::Start(reason));
        }
        std::fs::create_dir_all(dir.parent().unwrap_or(&dir)).map_err(failed())?;
        return if make(&dir, owner).map_err(failed())? {
            Ok(dir)
        } else {
            Err(EmbeddedError::Start(format!("socket_dir {} is open to other users", dir.display())))
        };
    }
    let usual = layout.data_dir.join("run");
    if layout.is_at_home() && fits(&usual) && make(&usual, owner).map_err(failed())? {
        return Ok(usual);
    }
    in_shared_folder(layout, owner).map_err(failed())
}

/// Clears away a folder that [`prepare`] made in a shared place; one that is still in use is not empty.
pub(super) fn tidy(socket_dir: &Path, layout: &Layout) {
    let ours = socket_dir.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix(layout)));
    if ours && let Err(error) = std::fs::remove_dir(socket_dir) {
        tracing::debug!(%error, "the socket's folder stays");
    }
}

/// How folders in a shared place are named for this data directory.
fn prefix(layout: &Layout) -> String {
    let digest = Sha256::digest(layout.data_dir.as_os_str().as_encoded_bytes());
    let name: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("telltale-{name}-")
}

fn in_shared_folder(layout: &Layout, owner: &Owner) -> io::Result<PathBuf> {
    let prefix = prefix(layout);
    for base in shared_folders(owner) {
        for attempt in 0..TRIES {
            let dir = base.join(format!("{prefix}{attempt}"));
            if fits(&dir) && make(&dir, owner)? {
                return Ok(dir);
            }
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "every name is taken by somebody else"))
}

/// The user's own folder for such things comes first; root's would be closed to the database's user.
fn shared_folders(owner: &Owner) -> Vec<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let runtime = runtime.filter(|dir| !owner.steps_down() && dir.is_dir());
    runtime.into_iter().chain([PathBuf::from("/tmp")]).collect()
}

/// Whether the socket's path fits, and needs no quoting in a list of folders.
fn fits(dir: &Path) -> bool {
    let bytes = dir.as_os_str().as_encoded_bytes();
    let plain = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+@".contains(byte));
    plain && bytes.len() + SOCKET_FILE.len() <= SUN_PATH_MAX
}

/// Makes a private folder; false when one is there that another user owns or may enter: in a shared place
/// anybody could have put it there to answer in the database's stead.
fn make(dir: &Path, owner: &Owner) -> io::Result<bool> {
    match owner.private_dir(dir) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = std::fs::symlink_metadata(dir)?;
            Ok(found.is_dir() && found.uid() == owner.uid.as_raw() && found.mode() & 0o077 == 0)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_fits_up_to_the_last_byte() {
        let longest = "/".to_owned() + &"x".repeat(SUN_PATH_MAX - SOCKET_FILE.len() - 1);
        assert!(fits(Path::new(&longest)));
        assert!(!fits(Path::new(&(longest + "x"))));
        assert!(!fits(Path::new("/a,b")) && !fits(Path::new("/a b")));
    }

    #[test]
    fn a_folder_that_others_may_enter_is_not_taken() {
        use std::os::unix::fs::PermissionsExt as _;
        let base = tempfile::tempdir().unwrap();
        let owner = Owner::choose();
        let dir = base.path().join("s");
        assert!(make(&dir, &owner).unwrap());
        assert!(make(&dir, &owner).unwrap(), "one's own is found again");
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(!make(&dir, &owner).unwrap());
        let link = base.path().join("link");
        std::os::unix::fs::symlink(&dir, &link).unwrap();
        assert!(!make(&link, &owner).unwrap());
    }
}
