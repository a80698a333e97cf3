//! Bytes that are too large for rows: files under the data directory or objects in a bucket, by way of `object_store`.
//!
//! ```text
//! <root>/staging/<uuid>                                being written, or waiting to be published
//! <root>/<organization>/<run_key>/<artifact_id>        published, whole, never changed
//! ```
//! The root is `<data_dir>/artifacts`, or `<prefix>/<installation>` in a bucket, which others may share. A key is made of UUIDs alone: no name
//! that anybody has chosen becomes a path. What is published was synced to the disk first, or acknowledged by the bucket. What a killed server
//! left in `staging` is removed by the next start where the folder is this process's alone, and by the sweep after a day where it is not.

use std::io;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::signer::{Method, SignedUrlOptions, Signer as _};
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt as _,
    PutMultipartOptions, PutPayload,
};
use uuid::Uuid;

use super::bucket;
use crate::facts::id::{OrganizationId, RunKey};
use crate::facts::settings::BucketSettings;
use crate::facts::time::Timestamp;

const FOLDER: &str = "artifacts";
const STAGING: &str = "staging";
/// Readable for nobody else: what nodes leave may be as secret as what they were given.
const MODE: u32 = 0o700;
/// Bytes gathered before they are written to a file: fewer hand-overs to the threads that write, and all that an upload holds.
pub const PART_BYTES: usize = 512 * 1024;
/// The same for a bucket, which takes no smaller parts but the last.
const BUCKET_PART_BYTES: usize = 5 * 1024 * 1024;
/// A store that takes longer to say something is not there.
const LOOK_LIMIT: Duration = Duration::from_secs(2);

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

/// The object store; cheap to clone.
#[derive(Debug, Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    /// The same store, where it is a bucket, which can sign URLs.
    bucket: Option<Arc<AmazonS3>>,
    root: Path,
    part_bytes: usize,
}

/// Bytes on their way in. Dropped, they are gone.
pub struct Staging {
    staged: Option<Staged>,
    /// `None` once it is complete.
    upload: Option<Box<dyn MultipartUpload>>,
    part: BytesMut,
    part_bytes: usize,
}

/// Whole, synced, and not yet published. Dropped, it is removed.
#[derive(Debug)]
pub struct Staged {
    store: Arc<dyn ObjectStore>,
    /// `None` once it is published.
    path: Option<Path>,
}

/// Something old in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    path: Path,
    /// `None` for what was never published.
    pub artifact_id: Option<Uuid>,
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
        Ok(Self { store: Arc::new(store), bucket: None, root: Path::default(), part_bytes: PART_BYTES })
    }

    /// Opens a bucket; nothing is asked of it yet. The reason of a failure completes "artifacts can't be kept in the bucket: …".
    pub fn in_bucket(settings: &BucketSettings, installation: Uuid) -> Result<Self, String> {
        let bucket = Arc::new(bucket::open(settings)?);
        let root = Path::from(settings.prefix.as_str()).join(installation.to_string());
        let store: Arc<dyn ObjectStore> = Arc::clone(&bucket) as Arc<dyn ObjectStore>;
        Ok(Self { store, bucket: Some(bucket), root, part_bytes: BUCKET_PART_BYTES })
    }

    /// Whether other servers use it too.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.bucket.is_some()
    }

    /// What an upload holds in memory: the part that gathers and the one that is being written.
    #[must_use]
    pub fn upload_bytes(&self) -> usize {
        2 * self.part_bytes
    }

    fn staging(&self) -> Path {
        self.root.clone().join(STAGING)
    }

    fn path(&self, key: ObjectKey) -> Path {
        let ObjectKey { organization, run, artifact_id } = key;
        self.root.clone().join(organization.to_string()).join(run.to_string()).join(artifact_id.to_string())
    }

    /// Begins to take bytes in.
    pub async fn stage(&self) -> Result<Staging, ObjectError> {
        let path = self.staging().join(Uuid::now_v7().to_string());
        let upload = match self.bucket {
            None => self.store.put_multipart(&path).await?,
            Some(_) => self.store.put_multipart_opts(&path, shown_to_nobody()).await?,
        };
        let staged = Staged { store: Arc::clone(&self.store), path: Some(path) };
        let (staged, upload) = (Some(staged), Some(upload));
        Ok(Staging { staged, upload, part: BytesMut::new(), part_bytes: self.part_bytes })
    }

    /// Gives staged bytes their place; those that are there already are the same ones.
    pub async fn publish(&self, mut staged: Staged, key: ObjectKey) -> Result<(), ObjectError> {
        if let Some(path) = &staged.path {
            self.store.rename(path, &self.path(key)).await?;
        }
        staged.path = None;
        Ok(())
    }

    pub async fn exists(&self, key: ObjectKey) -> Result<bool, ObjectError> {
        match self.store.head(&self.path(key)).await.map_err(ObjectError::from) {
            Ok(_) => Ok(true),
            Err(ObjectError::Missing) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub async fn remove(&self, key: ObjectKey) -> Result<(), ObjectError> {
        Ok(self.store.delete(&self.path(key)).await?)
    }

    /// The object's size.
    pub async fn size(&self, key: ObjectKey) -> Result<u64, ObjectError> {
        Ok(self.store.head(&self.path(key)).await?.size)
    }

    /// The bytes in `range`, which must lie within the object and not be empty.
    pub async fn read(
        &self,
        key: ObjectKey,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, object_store::Result<Bytes>>, ObjectError> {
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        Ok(self.store.get_opts(&self.path(key), options).await?.into_stream())
    }

    /// A URL that gives the object to whoever has it, for so long, as an attachment of this name; `None` where the store has no such.
    pub async fn signed_url(
        &self,
        key: ObjectKey,
        disposition: &str,
        lasts: Duration,
    ) -> Result<Option<String>, ObjectError> {
        let Some(bucket) = &self.bucket else { return Ok(None) };
        let options = SignedUrlOptions::default().with_query([
            ("response-content-disposition", disposition),
            ("response-content-type", UNKNOWN_TYPE),
        ]);
        let url = bucket.signed_url_opts(Method::GET, &self.path(key), lasts, &options).await?;
        Ok(Some(url.into()))
    }

    /// Whether the store answers, and takes requests of ours; else why not.
    pub async fn check(&self) -> Result<(), String> {
        let staging = self.staging();
        let mut listed = self.store.list(Some(&staging));
        match tokio::time::timeout(LOOK_LIMIT, listed.next()).await {
            Ok(Some(Err(error))) => Err(error.to_string()),
            Ok(_) => Ok(()),
            Err(_) => Err(format!("no answer within {} s", LOOK_LIMIT.as_secs())),
        }
    }

    /// All that was written before `before`, in no order.
    pub fn older_than(&self, before: Timestamp) -> BoxStream<'_, Result<Found, ObjectError>> {
        let listed = self.store.list(Some(&self.root)).map_err(ObjectError::from);
        listed
            .try_filter_map(move |object| {
                let is_old = object.last_modified.timestamp_micros() < before.as_micros();
                let found = is_old.then(|| self.found(object.location)).flatten();
                std::future::ready(Ok(found))
            })
            .boxed()
    }

    /// What a path is; what is none of ours is left alone.
    fn found(&self, path: Path) -> Option<Found> {
        let parts: Vec<String> =
            path.prefix_match(&self.root)?.map(|part| part.as_ref().to_owned()).collect();
        let ids: Vec<Option<Uuid>> = parts.iter().map(|part| part.parse().ok()).collect();
        match (parts.as_slice(), ids.as_slice()) {
            ([folder, _], [_, Some(_)]) if folder == STAGING => Some(Found { path, artifact_id: None }),
            ([_, _, _], [Some(_), Some(_), Some(id)]) => Some(Found { path, artifact_id: Some(*id) }),
            _ => None,
        }
    }

    /// Removes what was found; what is not there any more was removed by somebody else.
    pub async fn discard(&self, found: &Found) -> Result<(), ObjectError> {
        match self.store.delete(&found.path).await.map_err(ObjectError::from) {
            Err(ObjectError::Missing) | Ok(()) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A bucket is another origin than ours, and still no place for a page that somebody uploaded.
fn shown_to_nobody() -> PutMultipartOptions {
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::ContentType, UNKNOWN_TYPE.into());
    attributes.insert(Attribute::ContentDisposition, "attachment".into());
    attributes.into()
}

impl Staging {
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ObjectError> {
        self.part.extend_from_slice(bytes);
        if self.part.len() >= self.part_bytes { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), ObjectError> {
        let Some(upload) = self.upload.as_mut().filter(|_| !self.part.is_empty()) else { return Ok(()) };
        let part = PutPayload::from_bytes(self.part.split().freeze());
        // One part at a time: what a slow store has not taken yet is not read from the socket either.
        Ok(upload.put_part(part).await?)
    }

    /// All bytes are in: they are whole in the store when this returns.
    pub async fn complete(mut self) -> Result<Staged, ObjectError> {
        self.flush().await?;
        if let Some(upload) = &mut self.upload {
            upload.complete().await?;
        }
        self.upload = None;
        self.staged.take().ok_or(ObjectError::Missing)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let Some(mut upload) = self.upload.take() else { return };
        // Parts that nobody completes lie in a bucket for ever.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { drop(upload.abort().await) });
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let Some(path) = self.path.take() else { return };
        let store = Arc::clone(&self.store);
        // Without a runtime the process is ending, and the next start or the sweep removes it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Not there: it was dropped while it was still being written, which removes it too.
            runtime.spawn(async move { drop(store.delete(&path).await) });
        }
    }
}

#[cfg(test)]
mod tests {
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
    async fn what_is_old_is_found_and_what_is_not_ours_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::open(dir.path()).unwrap();
        objects.publish(staged(&objects, b"one").await, key(1)).await.unwrap();
        let held = staged(&objects, b"two").await;
        let foreign = dir.path().join(FOLDER).join("notes");
        std::fs::create_dir(&foreign).unwrap();
        std::fs::write(foreign.join("a.txt"), "mine").unwrap();
        let old = async |seconds: i64| {
            let before = crate::store::clock::now().as_micros() + seconds * 1_000_000;
            let before = Timestamp::from_micros(before).unwrap();
            objects.older_than(before).try_collect::<Vec<Found>>().await.unwrap()
        };
        assert!(old(-60).await.is_empty());
        let found = old(60).await;
        let mut ids: Vec<_> = found.iter().map(|found| found.artifact_id).collect();
        ids.sort();
        assert_eq!(ids, [None, Some(Uuid::from_u128(1))]);
        for found in &found {
            objects.discard(found).await.unwrap();
            objects.discard(found).await.unwrap();
        }
        assert!(old(60).await.is_empty() && foreign.join("a.txt").exists());
        assert!(objects.check().await.is_ok() && !objects.is_shared());
        assert_eq!(objects.signed_url(key(1), "attachment", Duration::from_secs(1)).await.unwrap(), None);
        drop(held);
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
