//! A Loki to ship to: the tests' stand-in, or a real one where `TELLTALE_TEST_LOKI_BIN` names its binary.

#[expect(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "written for the tests, which use all of it and panic when something is wrong"
)]
#[path = "../../tests/suite/support/loki/stand_in/mod.rs"]
pub mod stand_in;

#[expect(clippy::expect_used, reason = "as the stand-in")]
#[path = "../../tests/suite/support/loki/settings.rs"]
mod settings;

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use stand_in::StandIn;
use stand_in::limits::Limits;

use crate::harness::Outcome;

/// A Loki takes a quarter of a minute until it calls itself ready.
const READY_LIMIT: Duration = Duration::from_secs(90);
const READY_POLL: Duration = Duration::from_millis(100);
/// Above what this machine can push, so that no limit is measured.
const UNBOUNDED: usize = 4 << 30;

pub struct Loki {
    /// The knobs, and in front of a real one the way to it.
    pub gate: StandIn,
    real: Option<Child>,
    _folder: tempfile::TempDir,
}

/// What stands in the names of figures.
pub fn kind() -> &'static str {
    if binary().is_some() { "Loki" } else { "stand-in" }
}

fn binary() -> Option<PathBuf> {
    std::env::var_os("TELLTALE_TEST_LOKI_BIN").map(PathBuf::from)
}

/// A client for it; reqwest asks for a TLS provider even where TLS is not used.
pub fn client() -> Outcome<reqwest::Client> {
    // An error says only that there is one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    Ok(reqwest::Client::builder().no_proxy().build()?)
}

impl Loki {
    pub async fn fresh() -> Outcome<Self> {
        let client = client()?;
        let folder = tempfile::Builder::new().prefix("telltale-bench-loki-").tempdir()?;
        let limits =
            Limits { ingestion_rate: UNBOUNDED, ingestion_burst_size: UNBOUNDED, ..Limits::raised() };
        let Some(binary) = binary() else {
            let gate = StandIn::start(folder.path(), limits);
            return Ok(Self { gate, real: None, _folder: folder });
        };
        let (port, grpc_port) = (free_port()?, free_port()?);
        let config = folder.path().join("loki.yaml");
        std::fs::write(&config, settings::configured(folder.path(), port, grpc_port, &limits).to_string())?;
        let child = Command::new(binary)
            .arg(format!("-config.file={}", config.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        // Ended with this value, whatever happens next.
        let url = format!("http://127.0.0.1:{port}");
        let loki = Self { gate: StandIn::before(&url, folder.path()), real: Some(child), _folder: folder };
        let deadline = Instant::now() + READY_LIMIT;
        loop {
            let ready = client.get(format!("{url}/ready")).send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(loki);
            }
            if Instant::now() > deadline {
                return Err("Loki does not get ready".into());
            }
            tokio::time::sleep(READY_POLL).await;
        }
    }
}

impl Drop for Loki {
    fn drop(&mut self) {
        if let Some(real) = &mut self.real {
            let _ = real.kill();
            let _ = real.wait();
        }
    }
}

fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
