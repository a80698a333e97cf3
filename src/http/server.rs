//! Connections: accepted, served over HTTP/1.1, and ended in order.
//!
//! Owns the listener and one task for each connection; an upgraded socket goes on in a task of its own.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::app::{App, Lifetime};
use super::body::BodyBudget;
use super::cors::Cors;
use super::doors::Doors;
use super::gate::Gate;
use super::hold::Hold;
use super::options::HttpOptions;
use super::routes;
use super::shell::Shell;
use super::stalled::{SEND_TIMEOUT, Stalled};
use crate::flow::Core;

/// How long a request's head may take, and a connection may idle between requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// hyper's buffer for a connection, each way: room for the largest head, and for a few chunks of a body.
const CONNECTION_BUFFER_BYTES: usize = 64 * 1024;
/// How long requests may go on after the server was told to stop.
const GRACE: Duration = Duration::from_secs(5);
/// Pause after a failed accept: out of file descriptors, trying at once would only burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `shutdown` resolves, then lets what is under way come to its end; the handle resolves when it has.
pub fn serve(
    core: Core,
    options: HttpOptions,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let bound = listener.local_addr()?;
    let (doors, cors) = (Doors::new(&options, bound), Cors::new(&options.cors_origins));
    let lifetime = Lifetime::start()?;
    let gate = Gate::new(core.accounts.clone(), core.db.clone());
    let app = App { core, options, bodies: BodyBudget::default(), lifetime: lifetime.clone() };
    let shell = Arc::new(Shell::new(routes::all(&Arc::new(app)), doors, cors, gate));
    Ok(tokio::spawn(run(shell, listener, lifetime, shutdown)))
}

/// Accepts until `shutdown`, then ends everything.
pub(super) async fn run(
    shell: Arc<Shell>,
    listener: TcpListener,
    lifetime: Lifetime,
    shutdown: impl Future<Output = ()> + Send,
) {
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((_, peer)) if !shell.admits(peer.ip()) => {
                tracing::debug!(%peer, "a connection that came past the proxy was closed");
            }
            Ok((stream, peer)) => {
                lifetime.tasks.spawn(connection(shell.clone(), stream, peer, lifetime.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    lifetime.stop.cancel();
    lifetime.tasks.close();
    if timeout(GRACE, lifetime.tasks.wait()).await.is_err() {
        tracing::warn!(left = lifetime.tasks.len(), "connections were cut off at shutdown");
    }
}

async fn connection(shell: Arc<Shell>, stream: TcpStream, peer: SocketAddr, lifetime: Lifetime) {
    // Frames are small and must not wait for each other; a stream that can't be told so works too.
    let _ = stream.set_nodelay(true);
    let hold = Hold::default();
    let socket = Stalled::new(stream, SEND_TIMEOUT).held_by(hold.clone());
    let service = service_fn(move |request| {
        let (shell, hold) = (shell.clone(), hold.clone());
        async move { Ok::<_, Infallible>(shell.handle(request, Some(peer), &hold).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(CONNECTION_BUFFER_BYTES)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = lifetime.stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            match timeout(GRACE, connection).await {
                Ok(ended) => ended,
                Err(_) => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}
