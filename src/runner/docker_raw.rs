//! A terminal's output from the daemon, byte-exact.
//!
//! With a terminal there is one raw stream without frames, which bollard takes apart at line feeds, and misreads
//! where a line begins with a control character. A painter's frames have no line feeds, so this speaks to the
//! daemon's socket itself: two requests, answered with an endless body.

use std::path::Path;
use std::pin::Pin;

use bollard::container::LogOutput;
use bollard::errors::Error as DockerError;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio_util::io::ReaderStream;

/// What a container says, in order.
pub type Output = Pin<Box<dyn Stream<Item = Result<LogOutput, DockerError>> + Send>>;

/// The daemon's answers have a handful of short header lines.
const HEAD_MAX_BYTES: u64 = 16 * 1024;
/// A refusal is a sentence in JSON.
const REFUSAL_MAX_BYTES: u64 = 16 * 1024;
/// What is read at once.
const READ_BYTES: usize = 64 * 1024;

/// Attaches to a container's terminal; the answer comes once the attachment is there.
pub async fn attach(socket: &Path, id: &str) -> Result<Output, DockerError> {
    let request = format!(
        "POST /containers/{id}/attach?stream=1&stdout=1&stderr=1 HTTP/1.1\r\n\
         Host: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"
    );
    ask(socket, &request).await
}

/// The log of a container's terminal. An HTTP/1.0 body has no chunks and ends with the connection.
pub async fn log(socket: &Path, id: &str, follow: bool) -> Output {
    let follow = u8::from(follow);
    let request = format!(
        "GET /containers/{id}/logs?stdout=1&stderr=1&follow={follow} HTTP/1.0\r\nHost: docker\r\n\r\n"
    );
    match ask(socket, &request).await {
        Ok(output) => output,
        Err(error) => futures_util::stream::once(async { Err(error) }).boxed(),
    }
}

async fn ask(socket: &Path, request: &str) -> Result<Output, DockerError> {
    let mut connection = BufReader::with_capacity(READ_BYTES, UnixStream::connect(socket).await?);
    connection.write_all(request.as_bytes()).await?;
    let mut head = (&mut connection).take(HEAD_MAX_BYTES);
    let (mut status, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if head.read_line(&mut line).await? == 0 {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
        }
        // HTTP/1.1 101 UPGRADED
        status = status.or_else(|| line.split(' ').nth(1)?.parse::<u16>().ok());
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim_end().is_empty() {
            break;
        }
    }
    match status {
        Some(101 | 200) => {
            let stream = ReaderStream::with_capacity(connection, READ_BYTES);
            let output = stream.map_ok(|message| LogOutput::Console { message });
            Ok(output.map_err(DockerError::from).boxed())
        }
        status => {
            let mut body = String::new();
            connection.take(REFUSAL_MAX_BYTES.min(length)).read_to_string(&mut body).await?;
            let said = serde_json::from_str::<serde_json::Value>(&body).ok();
            let message = said.as_ref().and_then(|said| said["message"].as_str()).unwrap_or(&body).to_owned();
            Err(DockerError::DockerResponseServerError { status_code: status.unwrap_or(0), message })
        }
    }
}
