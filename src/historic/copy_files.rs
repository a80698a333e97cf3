//! Copies the files of past runs from the object store of their source: read, hashed and sent as they come, safe to repeat.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error as StoreError, GetResult, ObjectStore, ObjectStoreExt as _};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use super::copy_logs::CopyError;
use super::past_file::PastFile;
use super::{RowFault, SourceError};
use crate::client::{ArtifactLabel, ArtifactSummary, Client, ClientError, until_acknowledged};
use crate::facts::artifact::ARTIFACT_MAX_BYTES;
use crate::facts::id::RunId;
use crate::facts::settings::{BucketKeys, BucketSettings};
use crate::flow::artifacts::hex;
use crate::store::bucket;

/// How long a server may be away meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);
/// A name that is taken by another content.
const CONFLICT: u16 = 409;
/// Answers that are about one file: the others may be taken.
const ABOUT_ONE: [u16; 5] = [400, 404, CONFLICT, 413, 422];

/// Who we are to a bucket of the source, and where it is.
#[derive(Debug, Clone, Default)]
pub struct BucketAccess {
    pub endpoint: Option<String>,
    pub region: Option<String>,
    pub access_key: Option<String>,
    pub secret_key: Option<String>,
}

/// The object store of a source, which is only read.
#[derive(Debug, Clone)]
pub struct SourceFiles {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

/// Why a file was not read to its end.
enum ReadError {
    /// This one alone.
    Row(String),
    /// The store is away or refuses us.
    Store(String),
}

impl SourceFiles {
    /// `place`: `s3://bucket/prefix`, `file:///folder` or a folder. Of a bucket nothing is asked yet.
    pub fn open(place: &str, access: BucketAccess) -> Result<Self, SourceError> {
        let unfit = |reason: &str| SourceError::Unfit(format!("--copy-files: {reason}"));
        if place.starts_with("s3://") {
            let keys = match (access.access_key, access.secret_key) {
                (Some(access_key), Some(secret_key)) => Some(BucketKeys { access_key, secret_key }),
                (None, None) => None,
                _ => return Err(unfit("access key and secret key go together")),
            };
            let region = access.region.unwrap_or_else(|| "us-east-1".to_owned());
            let settings = BucketSettings::of_url(place, access.endpoint, region, keys)
                .map_err(|error| unfit(&error))?;
            let bucket = bucket::open(&settings)
                .map_err(|error| unfit(&format!("the bucket can't be used: {error}")))?;
            return Ok(Self { store: Arc::new(bucket), prefix: Path::from(settings.prefix.as_str()) });
        }
        let folder = place.strip_prefix("file://").unwrap_or(place);
        if folder.contains("://") || !FilePath::new(folder).is_dir() {
            return Err(unfit(&format!("`{place}` is neither s3://bucket/prefix nor a folder")));
        }
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| unfit(&error.to_string()))?;
        Ok(Self { store: Arc::new(store), prefix: Path::default() })
    }

    /// Copies a file into the run's artifacts; without a client it is only looked for. `Err`: the row's fault, or why nothing more can
    /// be copied. Answers its bytes.
    pub async fn copy(
        &self,
        client: Option<&Client>,
        run_id: &RunId,
        file: &PastFile,
    ) -> Result<Result<u64, RowFault>, CopyError> {
        let fault = |reason: String| Ok(Err(RowFault { row: file.row.clone(), reason }));
        let path = match self.path(&file.storage_key) {
            Ok(path) => path,
            Err(reason) => return fault(reason),
        };
        let bytes = match self.store.head(&path).await.map_err(|error| read_error(file, error)) {
            Ok(found) => found.size,
            Err(ReadError::Row(reason)) => return fault(reason),
            Err(ReadError::Store(reason)) => return Err(SourceError::Broken(reason).into()),
        };
        if bytes > ARTIFACT_MAX_BYTES {
            return fault(format!("it has {bytes} bytes, and an artifact at most {ARTIFACT_MAX_BYTES}"));
        }
        if let Some(client) = client {
            let mut sent = self.send(client, run_id, file, &file.label, &path).await?;
            if matches!(&sent, Err(error) if error.status() == Some(CONFLICT)) {
                sent = self.send(client, run_id, file, &file.other_label(), &path).await?;
            }
            match sent {
                Ok(Ok(())) => {}
                Ok(Err(reason)) => return fault(reason),
                Err(error) if error.status().is_some_and(|status| ABOUT_ONE.contains(&status)) => {
                    return fault(error.to_string());
                }
                Err(error) => return Err(error.into()),
            }
        }
        match file.bytes {
            Some(said) if said != bytes => fault(format!("it has {bytes} bytes, and its row says {said}")),
            _ => Ok(Ok(bytes)),
        }
    }

    fn path(&self, key: &str) -> Result<Path, String> {
        let key =
            Path::parse(key).map_err(|error| format!("`{key}` can't be the key of an object: {error}"))?;
        Ok(self.prefix.parts().chain(key.parts()).collect())
    }

    /// The outer error: the store of the source; the middle one: the server; the inner one: this file alone.
    async fn send(
        &self,
        client: &Client,
        run_id: &RunId,
        file: &PastFile,
        label: &ArtifactLabel,
        path: &Path,
    ) -> Result<Result<Result<(), String>, ClientError>, SourceError> {
        let sent = until_acknowledged(PATIENCE, || async {
            let object = match self.store.get(path).await {
                Ok(object) => object,
                Err(error) => return Ok(Err(read_error(file, error))),
            };
            send_once(client, run_id, file, label, object).await
        })
        .await;
        match sent {
            Ok(Ok(())) => Ok(Ok(Ok(()))),
            Ok(Err(ReadError::Row(reason))) => Ok(Ok(Err(reason))),
            Ok(Err(ReadError::Store(reason))) => Err(SourceError::Broken(reason)),
            Err(error) => Ok(Err(error)),
        }
    }
}

/// What passes through a sending.
#[derive(Default)]
struct Passed {
    hash: Sha256,
    broken: Option<ReadError>,
}

async fn send_once(
    client: &Client,
    run_id: &RunId,
    file: &PastFile,
    label: &ArtifactLabel,
    object: GetResult,
) -> Result<Result<(), ReadError>, ClientError> {
    let bytes = object.meta.size;
    let passed = Arc::new(Mutex::new(Passed::default()));
    let seen = Arc::clone(&passed);
    let (row, key) = (file.row.clone(), file.storage_key.clone());
    let parts = object.into_stream().map(move |part: Result<Bytes, StoreError>| {
        let mut seen = seen.lock();
        match &part {
            Ok(part) => seen.hash.update(part),
            Err(error) => seen.broken = Some(ReadError::Store(format!("{row}: `{key}` broke off: {error}"))),
        }
        part
    });
    let answer = client.upload_stream(run_id, label, parts, bytes).await;
    let Passed { hash, broken } = std::mem::take(&mut *passed.lock());
    match (answer, broken) {
        // The server was told nothing wrong: what it was sent ended before its time.
        (Err(_), Some(broken)) => Ok(Err(broken)),
        (Err(error), None) => Err(error),
        (Ok(stored), _) => Ok(same(&stored, &hex(&hash.finalize()))),
    }
}

fn same(stored: &ArtifactSummary, sha256: &str) -> Result<(), ReadError> {
    if stored.sha256 == sha256 {
        return Ok(());
    }
    Err(ReadError::Row(format!("its SHA-256 is {sha256}, and {} was stored", stored.sha256)))
}

fn read_error(file: &PastFile, error: StoreError) -> ReadError {
    let key = &file.storage_key;
    match error {
        StoreError::NotFound { .. } => ReadError::Row(format!("there is no object `{key}`")),
        // What S3 says of an object that isn't there to who may not list the bucket.
        StoreError::PermissionDenied { .. } => {
            ReadError::Row(format!("the object `{key}` may not be read, or is not there"))
        }
        error => ReadError::Store(format!("{}: `{key}`: {error}", file.row)),
    }
}
