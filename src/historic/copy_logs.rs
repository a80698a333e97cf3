//! Copies the output of past runs from the Loki of their source: a node at a time, in bounded memory, safe to repeat.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::past_output::{Entry, Numbering, PastOutput};
use super::{RowFault, SourceError};
use crate::client::{Client, ClientError, NewLogLine, backoff, until_acknowledged};
use crate::facts::id::RunId;
use crate::facts::settings::{LokiAuth, LokiLabels, LokiSettings};
use crate::store::loki::{Failure, LogQl, Loki, LokiError, Pages};

/// Lines of one request: fewer than the API takes.
const BATCH_LINES: usize = 4_096;
/// Bytes of text of one request: of 8 MiB, which the API takes, every byte may need six as JSON.
const BATCH_BYTES: usize = 1024 * 1024;
/// How long a Loki or a server may be away meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);

/// The Loki of a source, which is only read.
#[derive(Debug, Clone)]
pub struct SourceLoki(Loki);

/// What was copied of a node.
#[derive(Debug, Default)]
pub struct Copied {
    pub lines: u64,
    /// Of them, how many were there already.
    pub duplicates: u64,
    pub faults: Vec<RowFault>,
}

/// Why copying can't go on.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl SourceLoki {
    /// Nothing is asked yet. `url`: its address, with a user and a password in front of the host where it wants them.
    pub fn open(url: &str, tenant: Option<String>, token: Option<String>) -> Result<Self, SourceError> {
        let unfit = |reason: &str| SourceError::Unfit(format!("--copy-logs: {reason}"));
        let mut address: reqwest::Url =
            url.parse().map_err(|error| unfit(&format!("this is no address: {error}")))?;
        if !matches!(address.scheme(), "http" | "https") || address.host_str().is_none() {
            return Err(unfit("a Loki's address begins with http:// or https://"));
        }
        let decoded =
            |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = decoded(address.username());
        let password = address.password().map(decoded);
        let auth = match (token, password) {
            (Some(token), None) if user.is_empty() => Some(LokiAuth::Bearer(token)),
            (Some(_), _) => return Err(unfit("a user in the address is one way, a token is the other")),
            (None, Some(password)) => Some(LokiAuth::Basic { user, password }),
            (None, None) if user.is_empty() => None,
            (None, None) => return Err(unfit("a user goes with a password")),
        };
        // Neither fails for an address that has a host.
        let _ = (address.set_username(""), address.set_password(None));
        let settings = LokiSettings {
            url: address.as_str().trim_end_matches('/').to_owned(),
            labels: LokiLabels::Run,
            tenant,
            auth,
            ca_file: None,
            grace: Duration::ZERO,
            rate: None,
        };
        Loki::new(&settings).map(Self).map_err(|reason| unfit(&format!("Loki can't be spoken to: {reason}")))
    }

    /// Copies what a node said, and adds its lines to `read` as they come; without a client it is only read. What the
    /// Loki refuses to give of it is a fault of each of its rows.
    pub async fn copy(
        &self,
        client: Option<&Client>,
        run_id: &RunId,
        output: &PastOutput,
        read: &AtomicU64,
    ) -> Result<Copied, CopyError> {
        let query: LogQl = output.query();
        let mut pages = Pages::of(&self.0, &query, output.first_ns, output.last_ns);
        let mut numbering = Numbering::of(output.node_ref.clone());
        let mut copied = Copied::default();
        loop {
            match next(&mut pages).await {
                Ok(Some(entries)) => {
                    let lines = numbering.lines(entries);
                    copied.lines += lines.len() as u64;
                    read.fetch_add(lines.len() as u64, Relaxed);
                    if let Some(client) = client {
                        copied.duplicates += send(client, run_id, &lines).await?;
                    }
                }
                Ok(None) => {
                    copied.faults = numbering.short(&output.streams);
                    return Ok(copied);
                }
                Err(error) if error.is_transient() => {
                    return Err(SourceError::Broken(error.to_string()).into());
                }
                Err(error) if error.failure == Failure::Unauthorized => {
                    return Err(SourceError::Unfit(error.to_string()).into());
                }
                Err(error) => {
                    let fault = |row: &str| RowFault { row: row.to_owned(), reason: error.to_string() };
                    copied.faults = output.streams.iter().map(|stream| fault(&stream.row)).collect();
                    return Ok(copied);
                }
            }
        }
    }
}

/// The next page, asked for again while the Loki may come back.
async fn next(pages: &mut Pages<'_>) -> Result<Option<Vec<Entry>>, LokiError> {
    let mut failures = 0;
    let mut first_failure_at = None;
    loop {
        match pages.next().await {
            Err(error) if error.is_transient() => {
                failures += 1;
                let wait = error.retry_after.unwrap_or_default().max(backoff(failures, 1.0));
                if first_failure_at.get_or_insert_with(Instant::now).elapsed() + wait > PATIENCE {
                    return Err(error);
                }
                tokio::time::sleep(wait).await;
            }
            answer => return answer,
        }
    }
}

/// How many of the lines were there already.
async fn send(client: &Client, run_id: &RunId, mut lines: &[NewLogLine]) -> Result<u64, ClientError> {
    let mut duplicates = 0;
    while !lines.is_empty() {
        let (batch, rest) = lines.split_at(batch_length(lines));
        let answer = until_acknowledged(PATIENCE, || client.append_logs(run_id, batch)).await?;
        duplicates += answer.duplicates;
        lines = rest;
    }
    Ok(duplicates)
}

/// How many of the first lines fit into one request; at least one.
fn batch_length(lines: &[NewLogLine]) -> usize {
    let mut bytes = 0;
    let is_beyond = |line: &NewLogLine| {
        bytes += line.text.as_ref().or(line.bytes.as_ref()).map_or(0, String::len);
        bytes > BATCH_BYTES
    };
    lines.iter().take(BATCH_LINES).position(is_beyond).unwrap_or(lines.len().min(BATCH_LINES)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_holds_what_the_api_takes() {
        let line = |bytes: usize| {
            NewLogLine::new("a", 1, "stdout", 1, crate::facts::time::Timestamp::EPOCH, &vec![b'x'; bytes])
        };
        assert_eq!(batch_length(&vec![line(1); 5_000]), BATCH_LINES);
        assert_eq!(batch_length(&vec![line(0); 7]), 7);
        assert_eq!(batch_length(&vec![line(BATCH_BYTES / 2); 3]), 2);
        assert_eq!(batch_length(&[line(2 * BATCH_BYTES), line(1)]), 1);
    }

    #[test]
    fn an_address_may_hold_a_user_or_a_token_beside_it() {
        let open = |url: &str, token: Option<&str>| SourceLoki::open(url, None, token.map(str::to_owned));
        for (url, token) in
            [("http://loki:3100", None), ("https://u:p%40@loki/path/", None), ("http://loki", Some("t"))]
        {
            let loki = open(url, token).unwrap();
            assert!(!loki.0.url().contains('@') && !loki.0.url().ends_with('/'), "{}", loki.0.url());
        }
        for (url, token) in [
            ("loki:3100", None),
            ("ftp://loki", None),
            ("http://u@loki", None),
            ("http://u:p@loki", Some("t")),
        ] {
            assert!(open(url, token).is_err(), "{url}");
        }
    }
}
