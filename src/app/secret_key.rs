//! The key that seals secrets, as set or else kept in the data directory, and the key that signs heads, kept there too; the
//! first start makes them.
//!
//! A key file that is there is never replaced: what it sealed could not be opened again, and what it signed not be told from
//! what somebody else did.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rand::RngExt as _;

use super::error::AppError;
use crate::facts::secret::SecretKey;
use crate::facts::settings::Settings;

const NAME: &str = "secret.key";
const SIGNING_NAME: &str = "signing.key";
/// Readable for nobody else.
const MODE: u32 = 0o600;
/// A key in base64 has 44 letters; a longer file is something else.
const FILE_LIMIT_BYTES: u64 = 4096;

/// The key of this installation. The data directory is this process's own by now.
pub(super) fn of(settings: &Settings) -> Result<SecretKey, AppError> {
    if let Some(key) = &settings.secret_key {
        return Ok(key.clone());
    }
    in_data_dir(&settings.data_dir, NAME)
}

/// The seed of the key that signs this installation's heads.
pub(super) fn for_signing(settings: &Settings) -> Result<SecretKey, AppError> {
    in_data_dir(&settings.data_dir, SIGNING_NAME)
}

fn in_data_dir(data_dir: &Path, name: &str) -> Result<SecretKey, AppError> {
    let path = data_dir.join(name);
    let failed = |error: io::Error| {
        AppError::not_there(format!("the key {name} can't be kept in {}: {error}", path.display()))
    };
    match read(&path) {
        Ok(text) => text.trim().parse().map_err(|reason| {
            let path = path.display();
            AppError::wrong_use(format!("{path} holds no key: {reason}; put the right one back"))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = SecretKey::new(rand::rng().random());
            write(data_dir, &path, &key).map_err(failed)?;
            Ok(key)
        }
        Err(error) => Err(failed(error)),
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(FILE_LIMIT_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// Whole on disk before it has its name, and never over another file.
fn write(data_dir: &Path, path: &Path, key: &SecretKey) -> io::Result<()> {
    let partial = data_dir.join(format!("new-key.{}", std::process::id()));
    // Left by a process of this number that was killed here.
    match std::fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&partial)?;
    let written = writeln!(file, "{}", key.to_base64())
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::hard_link(&partial, path))
        .and_then(|()| File::open(data_dir)?.sync_all());
    std::fs::remove_file(&partial)?;
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_first_start_makes_a_key_and_the_next_finds_it() {
        let dir = tempfile::tempdir().unwrap();
        let first = in_data_dir(dir.path(), NAME).unwrap();
        assert_eq!(in_data_dir(dir.path(), NAME).unwrap(), first);
        let file = dir.path().join(NAME);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, MODE);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        std::fs::remove_file(&file).unwrap();
        assert_ne!(in_data_dir(dir.path(), NAME).unwrap(), first);
    }

    #[test]
    fn a_broken_key_file_stops_the_start_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(NAME);
        std::fs::write(&file, "half a k").unwrap();
        let error = in_data_dir(dir.path(), NAME).unwrap_err();
        assert!(error.sentence.contains("secret.key holds no key"), "{}", error.sentence);
        assert!(!error.sentence.contains("half a k"), "{}", error.sentence);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "half a k");
    }
}
