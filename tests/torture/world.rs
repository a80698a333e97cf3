//! What is tortured: PostgreSQL, two servers of this build on it, a Loki, a bucket, and proxies on every way between.
//!
//! ```text
//! writers, followers ─► front proxies ─► server a, server b ─► database proxy ─► PostgreSQL
//!                                               ├─► Loki (the stand-in)
//!                                               └─► the bucket (versitygw)
//! ```

use std::path::PathBuf;

use crate::clock;
use crate::readers::Across;
use crate::support::loki::Loki;
use crate::support::s3::{self, S3};
use crate::support::server::{Options, cache_dir, tempdir};
use crate::support::{Cluster, Database, Http, Server, TcpProxy};

pub struct World {
    pub cluster: Cluster,
    pub database: Database,
    /// Between the servers and PostgreSQL.
    pub database_proxy: TcpProxy,
    pub servers: [Server; 2],
    /// In front of the servers.
    pub fronts: [TcpProxy; 2],
    pub loki: Loki,
    /// Where the servers keep artifacts; none where no S3 server was built.
    pub s3: Option<S3>,
    /// Reads across runs all the time, by cursor.
    pub across: Across,
    /// Steps the clock of the second server; none where no C compiler is.
    pub clock: Option<PathBuf>,
    _folder: tempfile::TempDir,
}

impl World {
    pub async fn start() -> Self {
        let cluster = Cluster::private().await;
        let database = cluster.own_database().await;
        // Unlike the suite's: crashes of PostgreSQL are a part of this.
        let session = database.session().await;
        for setting in ["fsync", "full_page_writes"] {
            session.batch_execute(&format!("ALTER SYSTEM SET {setting} = on")).await.expect("ALTER SYSTEM");
        }
        session.batch_execute("SELECT pg_reload_conf()").await.expect("the settings");
        let database_proxy = TcpProxy::to(&format!("127.0.0.1:{}", database.cluster().port())).await;
        let loki = Loki::start().await;
        let folder = tempdir("torture");
        let url = format!("postgres://postgres@{}/{}", database_proxy.address(), database.name());
        let options = Options::on(&url)
            .env("TELLTALE_LOCAL_WORKER", "false")
            .env("TELLTALE_LOKI_URL", &loki.url())
            .env("TELLTALE_LOKI_GRACE", "1s");
        let s3 = if cache_dir().join(s3::PROGRAM).exists() { Some(S3::start().await) } else { None };
        let options = match &s3 {
            Some(s3) => s3.settings(options),
            None => options,
        };
        let first = options.clone().start().await;
        let (second, clock) = match clock::build(folder.path()) {
            Some(shim) => {
                let file = clock::file(folder.path());
                let stepped = options
                    .env("LD_PRELOAD", &shim.display().to_string())
                    .env("TORTURE_CLOCK", &file.display().to_string());
                (stepped.start().await, Some(file))
            }
            None => (options.start().await, None),
        };
        let fronts = [TcpProxy::to(&first.address()).await, TcpProxy::to(&second.address()).await];
        let across = Across::start(Http::new(&format!("http://{}", fronts[1].address())));
        Self {
            cluster,
            database,
            database_proxy,
            servers: [first, second],
            fronts,
            loki,
            s3,
            across,
            clock,
            _folder: folder,
        }
    }

    /// Clients of both servers, through the proxies.
    pub fn clients(&self) -> [Http; 2] {
        [0, 1].map(|n| Http::new(&format!("http://{}", self.fronts[n].address())))
    }

    /// Everything passes again.
    pub fn heal(&self) {
        self.database_proxy.pass();
        self.fronts.iter().for_each(TcpProxy::pass);
    }

    pub async fn stop(mut self) {
        self.across.stop();
        for server in &mut self.servers {
            server.stop().await;
        }
    }
}
