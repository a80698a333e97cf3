//! Files of this process: the directory beneath which workspaces and copies of artifacts are made.
//!
//! With a guard it is the guard's directory, which is removed when this process ends, however that comes about.
//! Without one it is the machine's directory for temporary files. Owns nothing but names.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::guard;

/// Where this process puts what it will remove itself.
#[must_use]
pub fn directory() -> PathBuf {
    guard::directory().map_or_else(std::env::temp_dir, Path::to_owned)
}

/// A file that is removed when this is dropped.
#[derive(Debug)]
pub struct Spooled {
    path: PathBuf,
}

impl Spooled {
    /// Makes an empty file that only this user can read, and opens it for writing.
    pub fn create() -> std::io::Result<(Self, File)> {
        let path = directory().join(format!("telltale-{}.spool", Uuid::now_v7()));
        let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok((Self { path }, file))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it for reading, from its beginning; as often as an upload is tried.
    pub fn open(&self) -> std::io::Result<File> {
        File::open(&self.path)
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "a copy of an artifact could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn a_spooled_file_is_read_again_and_again_and_goes_with_its_owner() {
        let (spooled, mut file) = Spooled::create().unwrap();
        file.write_all(b"abc").unwrap();
        for _ in 0..2 {
            let mut text = String::new();
            spooled.open().unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "abc");
        }
        let path = spooled.path().to_owned();
        drop(spooled);
        assert!(!path.exists());
    }
}
