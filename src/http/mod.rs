//! The HTTP edge: routes, bodies, problems, sockets.
mod options;
pub use options::{HttpOptions, Part, PartState, Readiness};
pub fn serve(
    core: crate::flow::Core,
    options: HttpOptions,
    listener: tokio::net::TcpListener,
    shutdown: impl std::future::Future<Output = ()> + Send + 'static,
) -> std::io::Result<tokio::task::JoinHandle<()>> {
    let _ = (core, options, listener);
    Ok(tokio::spawn(shutdown))
}
