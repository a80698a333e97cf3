//! An HTTP/1.1 client that costs next to nothing: one kept connection, heads made before, answers counted, not parsed.

use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::Outcome;

/// Room for the answer to a thousand events.
const BUFFER_BYTES: usize = 128 * 1024;

#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    address: String,
    /// A header line, or nothing.
    authorization: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (request, answer) = (Vec::new(), Vec::with_capacity(BUFFER_BYTES));
        let authorization = String::new();
        Ok(Self { stream, address: address.to_owned(), authorization, request, answer })
    }

    /// Shows a token with every request from here on.
    pub fn bearing(self, token: &str) -> Self {
        Self { authorization: format!("authorization: Bearer {token}\r\n"), ..self }
    }

    /// GET; the body of the answer, which must be 200.
    pub async fn get(&mut self, path: &str) -> Outcome<&[u8]> {
        self.request.clear();
        let (host, authorization) = (&self.address, &self.authorization);
        let head = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{authorization}\r\n");
        self.request.extend_from_slice(head.as_bytes());
        self.exchange().await
    }

    /// POST of JSON; the body of the answer, which must be 200 or 201.
    pub async fn post(&mut self, path: &str, body: &[u8]) -> Outcome<&[u8]> {
        self.post_as("application/json", path, body).await
    }

    /// The same with lines of JSON.
    pub async fn post_lines(&mut self, path: &str, body: &[u8]) -> Outcome<&[u8]> {
        self.post_as("application/x-ndjson", path, body).await
    }

    async fn post_as(&mut self, content_type: &str, path: &str, body: &[u8]) -> Outcome<&[u8]> {
        self.request.clear();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\n{}content-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
            self.address,
            self.authorization,
            body.len()
        );
        self.request.extend_from_slice(head.as_bytes());
        self.request.extend_from_slice(body);
        self.exchange().await
    }

    async fn exchange(&mut self) -> Outcome<&[u8]> {
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        let (start, end) = loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some(range) = body_range(&self.answer)? {
                break range;
            }
        };
        while self.answer.len() < end {
            self.answer.reserve(end - self.answer.len());
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err("the server closed the connection in an answer".into());
            }
        }
        if !self.answer.starts_with(b"HTTP/1.1 20") {
            return Err(format!("not a success: {}", String::from_utf8_lossy(&self.answer)).into());
        }
        Ok(&self.answer[start..end])
    }
}

/// Where the body begins and ends, once the head is there.
fn body_range(answer: &[u8]) -> Outcome<Option<(usize, usize)>> {
    let Some(head) = memmem::find(answer, b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&answer[..head])?.to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.ok_or("an answer without content-length")?.trim().parse()?;
    Ok(Some((head + 4, head + 4 + length)))
}
