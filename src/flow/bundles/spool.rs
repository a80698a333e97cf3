//! A bundle on disk while it is checked and read: under a name of our own, gone when it is no longer needed.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use crate::facts::bundle::{Checker, Fault, Reader, Totals};

/// Largest bundle that is taken: an artifact of the largest size and a good many lines beside.
pub const BUNDLE_MAX_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// Read at once: a few blocks.
const BUFFER_BYTES: usize = 1024 * 1024;
const MODE: u32 = 0o600;

/// A file that is being taken in. Dropped, it is gone.
#[derive(Debug)]
pub struct Spooling {
    spooled: Spooled,
    file: tokio::fs::File,
    bytes: u64,
}

/// A file that is in, whole. The last holder removes it.
#[derive(Debug, Clone)]
pub struct Spooled(Arc<Kept>);

#[derive(Debug)]
struct Kept(PathBuf);

impl Drop for Kept {
    fn drop(&mut self) {
        // What can't be removed now the next start removes.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Spooling {
    pub(super) async fn begin(folder: &Path) -> io::Result<Self> {
        let path = folder.join(Uuid::now_v7().to_string());
        let file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&path).await?;
        Ok(Self { spooled: Spooled(Arc::new(Kept(path))), file, bytes: 0 })
    }

    /// False where the file is larger than any that is taken.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<bool> {
        self.bytes += bytes.len() as u64;
        if self.bytes > BUNDLE_MAX_BYTES {
            return Ok(false);
        }
        self.file.write_all(bytes).await.map(|()| true)
    }

    pub async fn complete(mut self) -> io::Result<Spooled> {
        self.file.flush().await?;
        Ok(self.spooled)
    }
}

impl Spooled {
    pub(super) fn reader(&self) -> io::Result<Reader<BufReader<File>>> {
        Ok(Reader::new(BufReader::with_capacity(BUFFER_BYTES, File::open(&self.0.0)?)))
    }
}

/// Reads a bundle to its end and checks all of it. Takes as long as the file is long: for a thread of its own.
pub fn check_file(mut reader: Reader<impl io::Read>) -> Result<Totals, Fault> {
    let mut checker = Checker::default();
    while let Some(record) = reader.next_record()? {
        checker.take(&record).map_err(|detail| reader.fault(detail))?;
    }
    checker.finish().map_err(|detail| reader.fault(detail))
}
