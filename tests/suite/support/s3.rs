//! A real S3 server for one test: versitygw over a folder, built by scripts/tools.sh. It can be killed and comes back with its bucket.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use object_store::ObjectStoreExt as _;
use object_store::aws::AmazonS3Builder;

use super::guard::Guard;
use super::server::{Options, cache_dir, tempdir};
use super::wait::until;

const ACCESS_KEY: &str = "telltale-tests";
pub const SECRET_KEY: &str = "secret-of-the-tests";
pub const BUCKET: &str = "artifacts";
/// Where scripts/tools.sh puts the server, in the cache's folder.
pub const PROGRAM: &str = "tools/versitygw";

pub struct S3 {
    dir: tempfile::TempDir,
    port: u16,
    process: Option<(Child, Guard)>,
}

impl S3 {
    pub async fn start() -> Self {
        let dir = tempdir("s3");
        std::fs::create_dir_all(dir.path().join("buckets").join(BUCKET)).expect("a bucket");
        std::fs::create_dir(dir.path().join("meta")).expect("a folder for metadata");
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let mut s3 = Self { dir, port, process: None };
        s3.launch().await;
        s3
    }

    pub async fn launch(&mut self) {
        let child = Command::new(binary())
            .args(["--access", ACCESS_KEY, "--secret", SECRET_KEY, "--quiet", "--keep-alive"])
            .args(["--port", &format!("127.0.0.1:{}", self.port)])
            .args(["posix", "--sidecar"])
            .arg(self.dir.path().join("meta"))
            .arg(self.dir.path().join("buckets"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starting versitygw");
        let guard = Guard::new("kill -9 \"$1\"", &[&child.id().to_string()]);
        self.process = Some((child, guard));
        let address = format!("127.0.0.1:{}", self.port);
        until("the S3 server listens", || async { tokio::net::TcpStream::connect(&address).await.ok() })
            .await;
    }

    pub fn kill9(&mut self) {
        let (mut child, guard) = self.process.take().expect("the S3 server is running");
        child.kill().expect("SIGKILL");
        child.wait().expect("the killed server's status");
        guard.defuse();
    }

    /// The settings that keep artifacts here.
    pub fn settings(&self, options: Options) -> Options {
        options
            .env("TELLTALE_OBJECT_STORE_URL", &format!("s3://{BUCKET}/of/telltale"))
            .env("TELLTALE_OBJECT_STORE_ENDPOINT", &self.endpoint())
            .env("TELLTALE_OBJECT_STORE_ACCESS_KEY", ACCESS_KEY)
            .env("TELLTALE_OBJECT_STORE_SECRET_KEY", SECRET_KEY)
    }

    /// What a program that reads the usual variables needs to come in.
    pub fn access(&self, options: Options) -> Options {
        options
            .env("AWS_ENDPOINT_URL", &self.endpoint())
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    }

    /// Puts an object into [`BUCKET`].
    pub async fn put(&self, key: &str, bytes: Vec<u8>) {
        super::http::install_tls_provider();
        let bucket = AmazonS3Builder::new()
            .with_bucket_name(BUCKET)
            .with_endpoint(self.endpoint())
            .with_region("us-east-1")
            .with_access_key_id(ACCESS_KEY)
            .with_secret_access_key(SECRET_KEY)
            .with_allow_http(true)
            .build()
            .expect("a client of the bucket");
        bucket.put(&key.into(), bytes.into()).await.expect("an object in the bucket");
    }

    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Every object, as the file it is kept in.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        walk(&self.dir.path().join("buckets").join(BUCKET).join("of"), &mut found);
        found.sort();
        found
    }
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

fn binary() -> PathBuf {
    let binary = cache_dir().join(PROGRAM);
    assert!(binary.exists(), "{} is not there: scripts/tools.sh builds it", binary.display());
    binary
}

impl Drop for S3 {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.kill9();
        }
    }
}
