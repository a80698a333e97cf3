//! `<data directory>/operator.token`: what opens this server for whoever may read its data directory, which is to say owns it.
//!
//! The first start makes it. The commands on this machine and the server's own worker find it there, so that they go on
//! when the first user has ended the free pass of loopback.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use rand::RngExt as _;
use tracing::warn;

/// Its name in the data directory.
pub const OPERATOR_TOKEN_FILE: &str = "operator.token";
/// Readable for nobody else.
const MODE: u32 = 0o600;
/// 32 bytes in base64url are 43 letters; a shorter text was cut off.
const SHORTEST: usize = 43;
const FILE_LIMIT_BYTES: u64 = 4096;

/// The token; `None` where it can't be kept, which is no reason not to serve. The data directory is this process's own by now.
pub(super) fn of(data_dir: &Path) -> Option<String> {
    let path = data_dir.join(OPERATOR_TOKEN_FILE);
    if let Some(token) = read(&path) {
        return Some(token);
    }
    let token = BASE64URL.encode(rand::rng().random::<[u8; 32]>());
    match write(data_dir, &path, &token) {
        Ok(()) => Some(token),
        Err(error) => {
            warn!(%error, path = %path.display(), "commands on this machine will have to sign in");
            None
        }
    }
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.take(FILE_LIMIT_BYTES).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned()).filter(|token| token.len() >= SHORTEST)
}

/// Whole before it has its name.
fn write(data_dir: &Path, path: &Path, token: &str) -> io::Result<()> {
    let partial = data_dir.join(format!("{OPERATOR_TOKEN_FILE}.{}", std::process::id()));
    match std::fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&partial)?;
    writeln!(file, "{token}").and_then(|()| file.sync_all()).and_then(|()| std::fs::rename(&partial, path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn it_is_made_once_and_for_the_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let token = of(dir.path()).unwrap();
        assert_eq!(of(dir.path()).as_ref(), Some(&token));
        let file = dir.path().join(OPERATOR_TOKEN_FILE);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&file, "cut").unwrap();
        assert_ne!(of(dir.path()).unwrap(), token);
    }
}
