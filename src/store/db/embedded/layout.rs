//! Where things are: the data directory, and the cluster beside or away from it.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, symlink};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::EmbeddedError;
use super::owner::Owner;

/// Where root's clusters go when the data directory lies where the database's user can't get: below
/// `/root`, say. A link in the data directory leads there.
const FALLBACK_DIR: &str = "/var/lib/telltale";

/// The places of one embedded server.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) data_dir: PathBuf,
    /// The real place of the cluster; may not exist yet.
    pub(super) cluster: PathBuf,
    /// Downloaded binaries, where the database's user can run them.
    pub(super) cache: PathBuf,
    /// The link that has to be made once the cluster is there.
    link: Option<PathBuf>,
}

/// Makes the data directory if need be, and gives its real path. Only the directory itself is private:
/// the way to it is not ours to close.
pub(super) fn prepare_data_dir(path: &Path) -> Result<PathBuf, EmbeddedError> {
    let unusable = |source| EmbeddedError::DataDir { path: path.to_owned(), source };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(unusable)?;
    }
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(unusable(error)),
        _ => {}
    }
    path.canonicalize().map_err(unusable)
}

impl Layout {
    /// Decides where the cluster is or will be. `data_dir` is a real path.
    pub(super) async fn of(data_dir: &Path, owner: &Owner) -> Result<Self, EmbeddedError> {
        let data_dir = data_dir.to_owned();
        let usual = data_dir.join("postgres");
        let cache = data_dir.join("cache");
        if let Some(cluster) = linked(&usual)? {
            let cache = cluster_cache(&cluster).unwrap_or(cache);
            return Ok(Self { data_dir, cluster, cache, link: None });
        }
        let unusable = |source| EmbeddedError::DataDir { path: data_dir.clone(), source };
        owner.let_pass(&data_dir).map_err(unusable)?;
        let refused = |source| EmbeddedError::Privileges { user: owner.name.clone(), source };
        if owner.can_enter(&data_dir).await.map_err(refused)? {
            return Ok(Self { data_dir, cluster: usual, cache, link: None });
        }
        let fallback = Path::new(FALLBACK_DIR);
        let cluster = fallback.join("clusters").join(Uuid::new_v4().simple().to_string());
        make_open_dirs(&fallback.join("clusters")).map_err(EmbeddedError::io("making /var/lib/telltale"))?;
        tracing::warn!(
            data_dir = %data_dir.display(), cluster = %cluster.display(),
            "user {} can't enter the data directory, so the database's files go elsewhere", owner.name
        );
        Ok(Self { data_dir, cluster, cache: fallback.join("cache"), link: Some(usual) })
    }

    /// Where a new cluster grows until it is complete.
    pub(super) fn unfinished(&self) -> PathBuf {
        self.cluster.with_extension("new")
    }

    /// Puts the complete cluster in its place. The order matters: whatever has the final name is complete.
    pub(super) fn publish(&self) -> io::Result<()> {
        std::fs::rename(self.unfinished(), &self.cluster)?;
        match &self.link {
            Some(link) => symlink(&self.cluster, link),
            None => Ok(()),
        }
    }

    /// Whether the cluster lies in the data directory, so that its user can get there.
    pub(super) fn is_at_home(&self) -> bool {
        self.cluster.starts_with(&self.data_dir)
    }

    /// What the cluster's processes call themselves, so that they are told from those of other clusters.
    pub(super) fn cluster_name(&self) -> String {
        let digest = Sha256::digest(self.cluster.as_os_str().as_encoded_bytes());
        let short: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("telltale-{short}")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.data_dir.join("postgres.log")
    }
}

/// Where a link in the place of the cluster leads.
fn linked(usual: &Path) -> Result<Option<PathBuf>, EmbeddedError> {
    if !usual.is_symlink() {
        return Ok(None);
    }
    match usual.canonicalize() {
        Ok(cluster) => Ok(Some(cluster)),
        Err(_) => Err(EmbeddedError::ClusterGone { link: usual.to_owned() }),
    }
}

fn cluster_cache(cluster: &Path) -> Option<PathBuf> {
    cluster.starts_with(FALLBACK_DIR).then(|| Path::new(FALLBACK_DIR).join("cache"))
}

/// Makes directories that everybody may pass through, whatever the umask says; existing ones stay as
/// they are.
fn make_open_dirs(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    for dir in [path.parent().unwrap_or(path), path] {
        match std::fs::create_dir(dir) {
            Ok(()) => std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let mode = std::fs::metadata(dir)?.mode() & 0o7777;
                std::fs::set_permissions(dir, std::fs::Permissions::from_mode(mode | 0o011))?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
