//! A stand-in for Grafana Loki, written from the public documentation of its HTTP API and of its limits, and from
//! nothing else: no part of Loki was built, run or read for it.
//!
//! It takes pushes (snappy protobuf, JSON, gzip), keeps tenants apart, answers `query_range` for the log queries
//! that telltale and its tests send, and refuses what the documentation says is refused, in the documented words.
//! What it does not have: metric queries, parsers, chunks, replication, retention. What it says of a real Loki is
//! what the documentation says; `TELLTALE_TEST_LOKI_BIN` has the tests ask a real one.
//!
//! It owns a file of entries in the directory it is given. An entry is in that file before its push is acknowledged, so
//! a kill loses exactly what was not acknowledged, and perhaps keeps what was not either.
//!
//! `benches/` includes this folder too, so nothing here names the test suite.

pub mod answers;
pub mod limits;
pub mod logql;
pub mod metric;
pub mod push;
pub mod query;
pub mod serve;
pub mod snappy;
pub mod store;
pub mod text;
pub mod wire;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpSocket;
use tokio::sync::oneshot;

use answers::Service;
use limits::Limits;
use serve::{Behind, Canned, Knobs, Mood, Seen};
use store::{Entry, Store, Stream};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// The server, its data and its knobs. Dropping it ends it.
pub struct StandIn {
    address: SocketAddr,
    file: PathBuf,
    limits: Limits,
    knobs: Arc<Knobs>,
    running: Option<Running>,
    /// Keeps the port while nothing listens on it: connections are refused, and nobody else gets it.
    held: Option<TcpSocket>,
}

struct Running {
    behind: Arc<Behind>,
    end: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl StandIn {
    /// On a free port of the loopback, with its entries in a file of this directory.
    pub fn start(directory: &Path, limits: Limits) -> Self {
        let mut stand_in = Self::at_rest(directory, limits);
        stand_in.restart();
        stand_in
    }

    fn at_rest(directory: &Path, limits: Limits) -> Self {
        let held = hold(SocketAddr::from(([127, 0, 0, 1], 0)));
        let address = held.local_addr().expect("the port of Loki");
        let file = directory.join("loki-entries");
        Self { address, file, limits, knobs: Arc::default(), running: None, held: Some(held) }
    }

    /// The knobs alone, in front of a real Loki at `url`.
    pub fn before(url: &str, directory: &Path) -> Self {
        let mut gate = Self::at_rest(directory, Limits::default());
        gate.restart_before(url);
        gate
    }

    /// The same again after a kill.
    pub fn restart_before(&mut self, url: &str) {
        let client = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        self.run(Behind::Real { url: url.to_owned(), client });
    }

    /// `http://127.0.0.1:PORT`, the same for good.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends at once, as by `kill -9`. Connections are refused until [`Self::restart`].
    pub fn kill(&mut self) {
        let Some(running) = self.running.take() else { return };
        let _ = running.end.send(());
        running.thread.join().expect("Loki's thread");
        drop(running.behind);
        self.held = Some(hold(self.address));
    }

    /// Serves again what the file holds.
    pub fn restart(&mut self) {
        let store = Store::open(&self.file).expect("the file of entries");
        self.run(Behind::StandIn(Box::new(Service::new(self.limits.clone(), store))));
    }

    fn run(&mut self, behind: Behind) {
        assert!(self.running.is_none(), "Loki runs already");
        let behind = Arc::new(behind);
        let socket = self.held.take().expect("the held port");
        let (end, ended) = oneshot::channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let (served, knobs) = (Arc::clone(&behind), Arc::clone(&self.knobs));
        let thread = std::thread::Builder::new().name("loki".to_owned()).spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = socket.listen(BACKLOG).expect("listening on the port of Loki");
                let _ = ready.send(());
                tokio::select! {
                    () = serve::serve(listener, served, knobs) => {}
                    _ = ended => {}
                }
            });
            runtime.shutdown_background();
        });
        let thread = thread.expect("a thread for Loki");
        is_ready.recv().expect("Loki listens");
        self.running = Some(Running { behind, end, thread });
    }

    /// Reads requests and never answers those whose path contains `path`, until [`Self::recover`].
    pub fn hang(&self, path: &'static str) {
        self.knobs.mood.send_replace(Mood::Hang { path });
    }

    /// Does the work, stores what is pushed, and never says so.
    pub fn mute(&self, path: &'static str) {
        self.knobs.mood.send_replace(Mood::Mute { path });
    }

    pub fn slow(&self, path: &'static str, by: Duration) {
        self.knobs.mood.send_replace(Mood::Slow { path, by });
    }

    /// Serves as ever; whatever was held back is cut off.
    pub fn recover(&self) {
        self.knobs.canned.lock().unwrap().clear();
        self.knobs.mood.send_replace(Mood::Serve);
    }

    /// Answers the next `times` requests whose path contains `path` like this, instead of doing what they ask.
    pub fn answer(&self, path: &'static str, times: usize, status: u16, text: &str) {
        self.knobs.canned.lock().unwrap().push(Canned { path, times, status, text: text.to_owned() });
    }

    /// Lets in only who sends this `Authorization` header, as a proxy in front of Loki does.
    pub fn require_authorization(&self, header: &str) {
        *self.knobs.authorization.lock().unwrap() = Some(header.to_owned());
    }

    /// The requests so far, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        self.knobs.seen.lock().unwrap().clone()
    }

    /// How many pushes were under way at once, at most.
    pub fn most_at_once(&self) -> usize {
        self.knobs.under_way.borrow().1
    }

    /// Keeps the bodies of the pushes that are taken from now on.
    pub fn record(&self) {
        *self.knobs.recorded.lock().unwrap() = Some(Vec::new());
    }

    /// What was recorded, oldest first; recording ends.
    pub fn recorded(&self) -> Vec<Vec<u8>> {
        self.knobs.recorded.lock().unwrap().take().unwrap_or_default()
    }

    /// Counts finished pushes, whatever was answered.
    pub fn pushes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.knobs.pushes.subscribe()
    }

    fn service(&self) -> &Service {
        match self.running.as_ref().map(|running| running.behind.as_ref()) {
            Some(Behind::StandIn(service)) => service,
            _ => panic!("the stand-in does not run"),
        }
    }

    /// Entries stored, and entries that were there already, since the last start.
    pub fn taken(&self) -> push::Taken {
        *self.service().taken.lock().unwrap()
    }

    /// Changes the limits from the next request on.
    pub fn limit(&mut self, change: impl FnOnce(&mut Limits)) {
        change(&mut self.limits);
        if self.running.is_some() {
            *self.service().limits.lock().unwrap() = self.limits.clone();
        }
    }

    /// Loses acknowledged entries, as a Loki does that dies before it has written them where they last; returns how many.
    pub fn forget(&self, which: impl FnMut(&Stream, &Entry) -> bool) -> usize {
        self.service().store.lock().unwrap().remove(which).expect("the file of entries")
    }

    /// Acknowledges and keeps nothing, while it is on.
    pub fn forget_all(&self, on: bool) {
        self.service().forgetful.store(on, std::sync::atomic::Ordering::Relaxed);
    }

    /// How many entries it holds.
    pub fn entries(&self) -> usize {
        self.service().store.lock().unwrap().streams.iter().map(|stream| stream.entries.len()).sum()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            let _ = running.end.send(());
            let _ = running.thread.join();
        }
    }
}

/// Binds without listening: the port is taken, and whoever connects is refused.
fn hold(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("SO_REUSEADDR");
    socket.bind(address).expect("the port of Loki");
    socket
}
