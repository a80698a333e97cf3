//! A TCP proxy that fails on command: it refuses, stalls, or cuts a connection at a chosen byte.
//!
//! One task accepts; each connection has two pumps. All of them look at one shared plan.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of connections, old and new.
#[derive(Debug, Clone, PartialEq)]
enum Mode {
    Pass,
    /// New connections are closed at once.
    Refuse,
    /// Half-open: everything stays connected and not a byte moves.
    Stall,
    /// Every chunk is held back this long, in both directions.
    Delay(Duration),
}

/// When the next cut comes. A cut takes the connection it happens on, and is then spent.
#[derive(Debug, Clone)]
enum Cut {
    /// After this many bytes towards the client.
    AfterBytes(usize),
    /// Once the client has sent `marker`, the next answer that contains `answer` is swallowed.
    BeforeAnswer { marker: Vec<u8>, answer: Vec<u8> },
}

struct Plan {
    cut: Mutex<Option<Cut>>,
    mode: watch::Sender<Mode>,
    /// Counts `cut_all`; connections older than the last one end.
    epoch: watch::Sender<u64>,
    cuts: watch::Sender<u64>,
}

pub struct TcpProxy {
    address: String,
    plan: Arc<Plan>,
    accepting: tokio::task::JoinHandle<()>,
}

impl TcpProxy {
    /// A proxy in front of `target` (`127.0.0.1:PORT`).
    pub async fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port for the proxy");
        let address = listener.local_addr().expect("the proxy's address").to_string();
        let plan = Arc::new(Plan {
            cut: Mutex::new(None),
            mode: watch::Sender::new(Mode::Pass),
            epoch: watch::Sender::new(0),
            cuts: watch::Sender::new(0),
        });
        let accepting = tokio::spawn(accept(listener, target.to_owned(), Arc::clone(&plan)));
        Self { address, plan, accepting }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn pass(&self) {
        self.plan.mode.send_replace(Mode::Pass);
    }

    pub fn refuse(&self) {
        self.plan.mode.send_replace(Mode::Refuse);
    }

    pub fn stall(&self) {
        self.plan.mode.send_replace(Mode::Stall);
    }

    pub fn delay(&self, time: Duration) {
        self.plan.mode.send_replace(Mode::Delay(time));
    }

    /// Ends every connection there is.
    pub fn cut_all(&self) {
        self.plan.epoch.send_modify(|epoch| *epoch += 1);
    }

    /// The next connection that has carried `bytes` towards its client is cut right there.
    pub fn cut_after(&self, bytes: usize) {
        *self.plan.cut.lock().unwrap() = Some(Cut::AfterBytes(bytes));
    }

    /// The connection on which a client sends `marker` is cut instead of delivering the next bytes from the
    /// server that contain `answer` (any bytes, when it is empty): the work has been done, the answer is lost.
    pub fn cut_before_answer(&self, marker: &[u8], answer: &[u8]) {
        *self.plan.cut.lock().unwrap() =
            Some(Cut::BeforeAnswer { marker: marker.to_vec(), answer: answer.to_vec() });
    }

    /// How many connections the plan has cut so far.
    pub fn cuts(&self) -> watch::Receiver<u64> {
        self.plan.cuts.subscribe()
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut_all();
    }
}

async fn accept(listener: TcpListener, target: String, plan: Arc<Plan>) {
    while let Ok((client, _)) = listener.accept().await {
        if *plan.mode.borrow() == Mode::Refuse {
            continue;
        }
        tokio::spawn(carry(client, target.clone(), Arc::clone(&plan)));
    }
}

/// Carries one connection until either side closes it or the plan cuts it.
async fn carry(client: TcpStream, target: String, plan: Arc<Plan>) {
    let mut epoch = plan.epoch.subscribe();
    epoch.mark_unchanged();
    let Ok(server) = TcpStream::connect(&target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    // A cut should look like a machine that died: no orderly end of the stream.
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let marked = watch::Sender::new(false);
    tokio::select! {
        _ = epoch.changed() => {}
        () = upstream(from_client, to_server, &plan, &marked) => {}
        () = downstream(from_server, to_client, &plan, &marked) => {}
    }
}

/// Waits as the mode says; `false` when the connection must not go on.
async fn let_through(plan: &Plan) -> bool {
    let mut mode = plan.mode.subscribe();
    let Ok(now) = mode.wait_for(|mode| *mode != Mode::Stall).await.map(|mode| mode.clone()) else {
        return false;
    };
    if let Mode::Delay(time) = now {
        tokio::time::sleep(time).await;
    }
    true
}

async fn upstream(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    plan: &Plan,
    marked: &watch::Sender<bool>,
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut window = Vec::new();
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if let Some(Cut::BeforeAnswer { marker, .. }) = &*plan.cut.lock().unwrap() {
            window.extend_from_slice(&buffer[..read]);
            if contains(&window, marker) {
                marked.send_replace(true);
            }
            window.drain(..window.len().saturating_sub(marker.len()));
        }
        if !let_through(plan).await || to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    // The client has finished sending; the answer may still be on its way.
    let _ = to.shutdown().await;
    std::future::pending().await
}

async fn downstream(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    plan: &Plan,
    marked: &watch::Sender<bool>,
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut carried = 0;
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        if !let_through(plan).await {
            return;
        }
        let allowed = {
            let mut cut = plan.cut.lock().unwrap();
            let allowed = match &*cut {
                Some(Cut::AfterBytes(bytes)) if carried + read > *bytes => {
                    Some(bytes.saturating_sub(carried))
                }
                Some(Cut::BeforeAnswer { answer, .. })
                    if *marked.borrow() && contains(&buffer[..read], answer) =>
                {
                    Some(0)
                }
                _ => None,
            };
            if allowed.is_some() {
                *cut = None;
            }
            allowed
        };
        if to.write_all(&buffer[..allowed.unwrap_or(read)]).await.is_err() {
            return;
        }
        if allowed.is_some() {
            plan.cuts.send_modify(|cuts| *cuts += 1);
            return;
        }
        carried += read;
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || memchr::memmem::find(haystack, needle).is_some()
}
