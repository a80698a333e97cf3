//! Bytes that are too large for rows: files under the data directory or objects in a bucket, by way of `object_store`.
//!
//! ```text
//! <root>/staging/<uuid>                                being written, or waiting to be published
//! <root>/<organization>/<run_key>/<artifact_id>        published, whole, never changed
//! ```
//! The root is `<data_dir>/artifacts`, or `<prefix>/<installation>` in a bucket, which others may share. A key is made of UUIDs alone: no name
//! that anybody has chosen becomes a path. What is published was synced to the disk first, or acknowledged by the bucket. What a killed server
//! left in `staging` is removed by the next start where the folder is this process's alone, and by the sweep after a day where it is not.
//! What an installation has written before its dump was restored elsewhere is read under its earlier names, and never removed: the one that it was
//! dumped from may still have it.

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
use crate::store::journal::read::Installation;

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

impl ObjectKey {
    fn below(self, root: &Path) -> Path {
        let Self { organization, run, artifact_id } = self;
        root.clone().join(organization.to_string()).join(run.to_string()).join(artifact_id.to_string())
    }
}

/// The object store; cheap to clone.
#[derive(Debug, Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    /// The same store, where it is a bucket, which can sign URLs.
    bucket: Option<Arc<AmazonS3>>,
    root: Path,
    /// Of the same installation, before its database was restored from a dump: read, and nothing else.
    earlier: Arc<[Path]>,
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
        let (root, earlier) = (Path::default(), Arc::from([]));
        Ok(Self { store: Arc::new(store), bucket: None, root, earlier, part_bytes: PART_BYTES })
    }

    /// Opens a bucket; nothing is asked of it yet. The reason of a failure completes "artifacts can't be kept in the bucket: …".
    pub fn in_bucket(settings: &BucketSettings, installation: &Installation) -> Result<Self, String> {
        let bucket = Arc::new(bucket::open(settings)?);
        let of = |id: Uuid| Path::from(settings.prefix.as_str()).join(id.to_string());
        let earlier = installation.earlier.iter().map(|(id, _)| of(*id)).collect();
        let store: Arc<dyn ObjectStore> = Arc::clone(&bucket) as Arc<dyn ObjectStore>;
        let root = of(installation.id);
        Ok(Self { store, bucket: Some(bucket), root, earlier, part_bytes: BUCKET_PART_BYTES })
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
        key.below(&self.root)
    }

    /// Where the object may be, the likeliest place first.
    fn places(&self, key: ObjectKey) -> impl Iterator<Item = Path> {
        std::iter::once(&self.root).chain(self.earlier.iter()).map(move |root| key.below(root))
    }

    /// Where the object is, and its size.
    async fn find(&self, key: ObjectKey) -> Result<(Path, u64), ObjectError> {
        for path in self.places(key) {
            match self.store.head(&path).await.map_err(ObjectError::from) {
                Ok(found) => return Ok((path, found.size)),
                Err(ObjectError::Missing) => {}
                Err(error) => return Err(error),
            }
        }
        Err(ObjectError::Missing)
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
        match self.find(key).await {
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
        Ok(self.find(key).await?.1)
    }

    /// The bytes in `range`, which must lie within the object and not be empty.
    pub async fn read(
        &self,
        key: ObjectKey,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, object_store::Result<Bytes>>, ObjectError> {
        for path in self.places(key) {
            let options =
                GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
            match self.store.get_opts(&path, options).await.map_err(ObjectError::from) {
                Ok(found) => return Ok(found.into_stream()),
                Err(ObjectError::Missing) => {}
                Err(error) => return Err(error),
            }
        }
        Err(ObjectError::Missing)
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
        let (path, _) = self.find(key).await?;
        let url = bucket.signed_url_opts(Method::GET, &path, lasts, &options).await?;
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
#[path = "objects_tests.rs"]
mod tests;
