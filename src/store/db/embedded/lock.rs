//! One server per data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use super::EmbeddedError;

/// The lock on a data directory; it ends with this value or with the process, however that ends.
#[derive(Debug)]
pub struct DataDirLock {
    file: File,
}

impl Drop for DataDirLock {
    fn drop(&mut self) {
        // Closing alone would leave the lock to any child that was forked a moment ago and has not reached its exec. An
        // error changes nothing: the file is closed next.
        let _ = self.file.unlock();
    }
}

impl DataDirLock {
    pub(super) fn take(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let unusable = |source| EmbeddedError::DataDir { path: data_dir.to_owned(), source };
        let mut file = open(&data_dir.join("lock")).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(EmbeddedError::InUse { path: data_dir.to_owned(), pid: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        // The number is a courtesy to whoever reads the message above.
        file.set_len(0).map_err(unusable)?;
        writeln!(file, "{}", std::process::id()).map_err(unusable)?;
        Ok(Self { file })
    }
}

/// Makes the data directory ready and takes it, for a server whose database is elsewhere.
pub fn take_data_dir(data_dir: &Path) -> Result<DataDirLock, EmbeddedError> {
    DataDirLock::take(&super::layout::prepare_data_dir(data_dir)?)
}

pub(super) fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

fn holder(file: &mut File) -> Option<u32> {
    /// A process id has no more digits.
    const LONGEST: u64 = 16;
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
