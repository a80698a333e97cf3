//! A pgbouncer in transaction mode in front of a test's database.

use std::net::TcpStream;
use std::process::{Child, Stdio};

use super::guard::Guard;
use super::postgres::{Database, free_port, unprivileged, unprivileged_command};
use super::server::tempdir;
use super::wait::until;

pub struct PgBouncer {
    child: Child,
    guard: Option<Guard>,
    port: u16,
    database: String,
    _home: tempfile::TempDir,
}

impl PgBouncer {
    /// Starts one and waits until it takes connections.
    pub async fn before(database: &Database) -> Self {
        let home = tempdir("pgbouncer");
        let port = free_port();
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\nmax_client_conn = 200\ndefault_pool_size = 20\n\
             ignore_startup_parameters = extra_float_digits\nlogfile = {}\n",
            database.cluster().port(),
            home.path().join("log").display(),
        );
        let file = home.path().join("pgbouncer.ini");
        std::fs::write(&file, config).expect("writing pgbouncer.ini");
        if let Some((uid, gid)) = unprivileged() {
            std::os::unix::fs::chown(home.path(), Some(uid.as_raw()), Some(gid.as_raw())).expect("chown");
        }
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"]
            .into_iter()
            .map(std::path::Path::new)
            .find(|path| path.exists())
            .expect("pgbouncer (Debian: apt-get install pgbouncer)");
        let child = unprivileged_command(program)
            .arg("-q")
            .arg(&file)
            .current_dir(home.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starting pgbouncer");
        let guard = Some(Guard::new("kill -9 \"$1\"", &[&child.id().to_string()]));
        let mut bouncer = Self { child, guard, port, database: database.name().to_owned(), _home: home };
        until("pgbouncer takes connections", || {
            let ended = bouncer.child.try_wait().expect("the status of pgbouncer");
            assert!(ended.is_none(), "pgbouncer ended: {ended:?}");
            std::future::ready(TcpStream::connect(("127.0.0.1", port)).ok().map(drop))
        })
        .await;
        bouncer
    }

    /// The address of the database by way of the pool.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{}", self.port, self.database)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.guard.take().into_iter().for_each(Guard::defuse);
    }
}
