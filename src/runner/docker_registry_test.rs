//! A registry with one image of one layer, for pulls without the network.

use std::process::Command;

use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Large enough that the daemon tells of its download.
const FILE_BYTES: usize = 20_000_000;

pub struct Registry {
    pub address: String,
    pub layer_bytes: u64,
    server: tokio::task::JoinHandle<()>,
}

impl Registry {
    pub async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        // Random, so that the layer is a new one each time.
        let file: Vec<u8> = std::iter::repeat_with(rand::random).take(FILE_BYTES).collect();
        std::fs::write(directory.path().join("file"), file).unwrap();
        let tar = Command::new("tar").arg("-C").arg(directory.path()).args(["-c", "file"]).output().unwrap();
        let layer = tar.stdout;
        let digest = |bytes: &[u8]| {
            let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            format!("sha256:{hex}")
        };
        let config = serde_json::json!({
            "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" },
            "os": "linux",
            "config": {},
            "rootfs": { "type": "layers", "diff_ids": [digest(&layer)] },
        })
        .to_string()
        .into_bytes();
        let part = |kind: &str, bytes: &[u8]| {
            let kind = format!("application/vnd.docker.{kind}");
            serde_json::json!({ "mediaType": kind, "size": bytes.len(), "digest": digest(bytes) })
        };
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": part("container.image.v1+json", &config),
            "layers": [part("image.rootfs.diff.tar.gzip", &layer)],
        })
        .to_string()
        .into_bytes();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let layer_bytes = layer.len() as u64;
        let blobs = [(digest(&layer), layer), (digest(&config), config), (digest(&manifest), manifest)];
        let server = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                // One at a time is all that a daemon with one image needs; a failed one is the daemon's to repeat.
                drop(answer(connection, &blobs).await);
            }
        });
        Self { address, layer_bytes, server }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.server.abort();
    }
}

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

async fn answer(mut connection: TcpStream, blobs: &[(String, Vec<u8>); 3]) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await?);
        // It tries TLS first, which is none of this.
        if head[0] != b'G' && head[0] != b'H' {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let found = blobs.iter().find(|(digest, _)| path.ends_with(digest.as_str()));
    let (status, kind, digest, body) = match (path, found) {
        ("/v2/", _) => ("200 OK", "application/json", "", &b"{}"[..]),
        ("/v2/telltale/test/manifests/latest", _) => {
            ("200 OK", MANIFEST, blobs[2].0.as_str(), &blobs[2].1[..])
        }
        (_, Some((digest, blob))) => {
            let kind = if path.contains("/manifests/") { MANIFEST } else { "application/octet-stream" };
            ("200 OK", kind, digest.as_str(), &blob[..])
        }
        _ => {
            let unknown = br#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;
            ("404 Not Found", "application/json", "", &unknown[..])
        }
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nDocker-Content-Digest: {digest}\r\n\
         Docker-Distribution-Api-Version: registry/2.0\r\nConnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).await?;
    if method == "GET" {
        connection.write_all(body).await?;
    }
    connection.shutdown().await
}
