//! The user that the database runs as: PostgreSQL refuses to run as root.

use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use nix::unistd::{Gid, Uid, User, chown, geteuid};
use tokio::process::Command;

/// Users to step down to, in this order: `postgres` comes with the packages of most systems, `nobody`
/// with every system.
const UNPRIVILEGED: &[&str] = &["postgres", "nobody"];
/// What `nobody` is called where there is no list of users at all, as in a bare container.
const OVERFLOW_ID: u32 = 65534;

/// Who runs `initdb` and `postgres`, and owns their files.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    pub(super) name: String,
    pub(super) uid: Uid,
    /// Set when this process is root and steps down.
    steps_down_to: Option<Gid>,
}

impl Owner {
    /// This user, or an unprivileged one when this is root.
    pub(super) fn choose() -> Self {
        let uid = geteuid();
        if !uid.is_root() {
            return Self { name: "of this process".to_owned(), uid, steps_down_to: None };
        }
        let user = UNPRIVILEGED.iter().find_map(|name| User::from_name(name).ok().flatten());
        match user {
            Some(user) => Self { name: user.name, uid: user.uid, steps_down_to: Some(user.gid) },
            None => Self {
                name: OVERFLOW_ID.to_string(),
                uid: Uid::from_raw(OVERFLOW_ID),
                steps_down_to: Some(Gid::from_raw(OVERFLOW_ID)),
            },
        }
    }

    /// Whether this is another user than the one of this process.
    pub(super) fn steps_down(&self) -> bool {
        self.steps_down_to.is_some()
    }

    /// A command that runs as this user: with nothing of our environment but the way to programs, away
    /// from our working directory, which the user may not enter, and in a process group of its own, so that
    /// a Ctrl-C at the terminal reaches only us.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("LC_ALL", "C").env("TZ", "UTC");
        command.current_dir("/").process_group(0).kill_on_drop(false);
        if let Some(gid) = self.steps_down_to {
            command.gid(gid.as_raw()).uid(self.uid.as_raw());
        }
        command
    }

    /// Gives a path to this user.
    pub(super) fn take(&self, path: &Path) -> io::Result<()> {
        match self.steps_down_to {
            Some(gid) => chown(path, Some(self.uid), Some(gid)).map_err(io::Error::from),
            None => Ok(()),
        }
    }

    /// Makes a directory that only this user enters.
    pub(super) fn private_dir(&self, path: &Path) -> io::Result<()> {
        std::fs::create_dir(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
        self.take(path)
    }

    /// Lets this user pass through a directory of root's, without listing it. A directory above it, or one
    /// that is somebody else's, is not ours to open.
    pub(super) fn let_pass(&self, dir: &Path) -> io::Result<()> {
        let Some(gid) = self.steps_down_to else { return Ok(()) };
        let found = std::fs::metadata(dir)?;
        if found.mode() & 0o001 != 0 || found.uid() != 0 {
            return Ok(());
        }
        chown(dir, None, Some(gid)).map_err(io::Error::from)?;
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(found.mode() & 0o7777 | 0o010))
    }

    /// Whether this user can enter the directory; asked by trying, since lists of access rights and
    /// containers know more ways to forbid it than the mode bits.
    pub(super) async fn can_enter(&self, dir: &Path) -> io::Result<bool> {
        if self.steps_down_to.is_none() {
            return Ok(true);
        }
        let mut shell = self.command(Path::new("/bin/sh"));
        let status = shell.args(["-c", "cd -- \"$1\"", "sh"]).arg(dir).stderr(std::process::Stdio::null());
        Ok(status.status().await?.success())
    }
}
