//! Bytes that are too large for rows: files under the data directory, by way of `object_store`.
//!
//! ```text
//! <data_dir>/artifacts/staging/<uuid>                                being written, or waiting to be published
//! <data_dir>/artifacts/<organization>/<run_key>/<artifact_id>        published, whole, never changed
//! ```
//! A key is made of UUIDs alone: no name that anybody has chosen becomes a path. What is published has been synced to
//! the disk first. What a killed server left in `staging` is removed by the next start.

use std::io;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path as FilePath;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    GetOptions, GetRange, MultipartUpload, ObjectStore as _, ObjectStoreExt as _, PutPayload,
};
use uuid::Uuid;

use crate::facts::id::{OrganizationId, RunKey};

const FOLDER: &str = "artifacts";
const STAGING: &str = "staging";
/// Readable for nobody else: what nodes leave may be as secret as what they were given.
const MODE: u32 = 0o700;
/// Bytes gathered before they are written: fewer hand-overs to the threads that write, and all that an upload holds.
pub const PART_BYTES: usize = 512 * 1024;

/// Why bytes could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    #[error("the object is not there")]
    Missing,
    #[error("object store: {0}")]
    Failed(#[source] object_store::Error),
    #[error("the object could not be read to its end: {0}")]
    Broken(#[source] io::Error),
}

impl From<object_store::Error> for ObjectError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Missing,
            error => Self::Failed(error),
        }
    }
}

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectKey {
    pub organization: OrganizationId,
    pub run: RunKey,
    pub artifact_id: Uuid,
}

impl ObjectKey {
    fn path(self) -> Path {
        Path::from(format!("{}/{}/{}", self.organization, self.run, self.artifact_id))
    }
}

/// The object store; cheap to clone.
#[derive(Debug, Clone)]
pub struct Objects {
    store: Arc<LocalFileSystem>,
}

/// Bytes on their way in. Dropped, they are gone.
pub struct Staging {
    staged: Staged,
    upload: Box<dyn MultipartUpload>,
    part: BytesMut,
}

/// Whole, synced, and not yet published. Dropped, it is removed.
#[derive(Debug)]
pub struct Staged {
    store: Arc<LocalFileSystem>,
    /// `None` once it is published.
    path: Option<Path>,
}

impl Objects {
    /// Opens the store below the data directory, which is this process's alone, and removes what was never published.
    pub fn open(data_dir: &FilePath) -> io::Result<Self> {
        let root = data_dir.join(FOLDER);
        std::fs::DirBuilder::new().recursive(true).mode(MODE).create(&root)?;
        match std::fs::remove_dir_all(root.join(STAGING)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let store = LocalFileSystem::new_with_prefix(&root).map_err(io::Error::other)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// Begins to take bytes in.
    pub async fn stage(&self) -> Result<Staging, ObjectError> {
        let path = Path::from(format!("{STAGING}/{}", Uuid::now_v7()));
        let upload = self.store.put_multipart(&path).await?;
        let staged = Staged { store: Arc::clone(&self.store), path: Some(path) };
        Ok(Staging { staged, upload, part: BytesMut::new() })
    }

    /// Gives staged bytes their place; those that are there already are the same ones.
    pub async fn publish(&self, mut staged: Staged, key: ObjectKey) -> Result<(), ObjectError> {
        if let Some(path) = &staged.path {
            self.store.rename(path, &key.path()).await?;
        }
        staged.path = None;
        Ok(())
    }

    pub async fn exists(&self, key: ObjectKey) -> Result<bool, ObjectError> {
        match self.store.head(&key.path()).await.map_err(ObjectError::from) {
            Ok(_) => Ok(true),
            Err(ObjectError::Missing) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub async fn remove(&self, key: ObjectKey) -> Result<(), ObjectError> {
        Ok(self.store.delete(&key.path()).await?)
    }

    /// The object's size.
    pub async fn size(&self, key: ObjectKey) -> Result<u64, ObjectError> {
        Ok(self.store.head(&key.path()).await?.size)
    }

    /// The bytes in `range`, which must lie within the object and not be empty.
    pub async fn read(
        &self,
        key: ObjectKey,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, object_store::Result<Bytes>>, ObjectError> {
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        Ok(self.store.get_opts(&key.path(), options).await?.into_stream())
    }
}

impl Staging {
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ObjectError> {
        self.part.extend_from_slice(bytes);
        if self.part.len() >= PART_BYTES { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), ObjectError> {
        if self.part.is_empty() {
            return Ok(());
        }
        let part = PutPayload::from_bytes(self.part.split().freeze());
        // One part at a time: what a slow disk has not taken yet is not read from the socket either.
        Ok(self.upload.put_part(part).await?)
    }

    /// All bytes are in: they are whole on disk when this returns.
    pub async fn complete(mut self) -> Result<Staged, ObjectError> {
        self.flush().await?;
        self.upload.complete().await?;
        Ok(self.staged)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let Some(path) = self.path.take() else { return };
        let store = Arc::clone(&self.store);
        // Without a runtime the process is ending, and the next start sweeps.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Not there: it was dropped while it was still being written, which removes it too.
            runtime.spawn(async move { drop(store.delete(&path).await) });
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;

    fn key(number: u128) -> ObjectKey {
        ObjectKey {
            organization: OrganizationId::DEFAULT,
            run: RunKey(Uuid::from_u128(7)),
            artifact_id: Uuid::from_u128(number),
        }
    }

    async fn staged(objects: &Objects, bytes: &[u8]) -> Staged {
        let mut staging = objects.stage().await.unwrap();
        for chunk in bytes.chunks(100_000) {
            staging.write(chunk).await.unwrap();
        }
        staging.complete().await.unwrap()
    }

    #[tokio::test]
    async fn bytes_come_back_by_ranges() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::open(dir.path()).unwrap();
        let bytes: Vec<u8> = (0..2_000_000_u32).map(|n| (n % 251) as u8).collect();
        let held = staged(&objects, &bytes).await;
        assert!(!objects.exists(key(1)).await.unwrap());
        objects.publish(held, key(1)).await.unwrap();
        assert_eq!(objects.size(key(1)).await.unwrap(), 2_000_000);
        for range in [0..2_000_000_u64, 5..6, 1_999_990..2_000_000] {
            let chunks: Vec<Bytes> =
                objects.read(key(1), range.clone()).await.unwrap().try_collect().await.unwrap();
            let (from, to) = (range.start as usize, range.end as usize);
            assert_eq!(chunks.concat(), bytes[from..to]);
        }
        assert!(matches!(objects.read(key(2), 0..1).await, Err(ObjectError::Missing)));
        objects.remove(key(1)).await.unwrap();
        assert!(!objects.exists(key(1)).await.unwrap());
    }

    #[tokio::test]
    async fn what_was_never_published_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::open(dir.path()).unwrap();
        let held = staged(&objects, b"half-way").await;
        std::mem::forget(held);
        let folder = dir.path().join(FOLDER).join(STAGING);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        Objects::open(dir.path()).unwrap();
        assert!(!folder.exists());
    }

    #[tokio::test]
    async fn an_empty_object_is_one_too() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::open(dir.path()).unwrap();
        let held = staged(&objects, b"").await;
        objects.publish(held, key(3)).await.unwrap();
        assert_eq!(objects.size(key(3)).await.unwrap(), 0);
    }
}
