//! A bundle checked where it is read, from a file or from a server, and its head against a signature.

use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};

use crate::cli::failure::Failure;
use crate::client::Client;
use crate::facts::bundle::{Checker, HeadDigest, Reader, Signature, Totals};
use crate::facts::id::RunId;
use crate::flow::bundles::verify_signature;

/// Pieces of a download that wait to be checked.
const PIECES_AHEAD: usize = 16;
/// A signed head is a few hundred bytes.
const ANCHOR_MAX_BYTES: u64 = 64 * 1024;

/// What `verify --sign` prints: to be kept where whoever may change the run's server can't.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Anchor {
    #[serde(flatten)]
    pub head: HeadDigest,
    pub signature: Signature,
}

/// What a whole bundle has shown.
pub(super) struct Proven {
    pub totals: Totals,
    /// The head at the place that the anchor names, if the run was ever there.
    pub remembered: Option<HeadDigest>,
}

impl Anchor {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let wrong = |why: String| Failure::WrongUse(format!("{} is no signed head: {why}", path.display()));
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(|error| wrong(error.to_string()))?;
        file.take(ANCHOR_MAX_BYTES).read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
    }

    /// Whether the run still has the head that was signed, by the key that is trusted; completes "the signature …".
    pub(super) fn holds(&self, proven: &Proven, trusted_key: &str) -> Result<(), String> {
        match &proven.remembered {
            None => return Err("speaks of events or lines that the run does not have".into()),
            Some(head) if *head != self.head => {
                return Err("speaks of another history than the run has".into());
            }
            Some(_) => {}
        }
        verify_signature(&self.head, &self.signature, trusted_key).map_err(|fault| fault.to_string())
    }
}

/// Checks a file; the inner error says what is wrong with it.
pub(super) async fn of_file(path: &Path, anchor: Option<&Anchor>) -> Result<Result<Proven, String>, Failure> {
    let file = std::fs::File::open(path)
        .map_err(|error| Failure::WrongUse(format!("{} can't be read: {error}", path.display())))?;
    let place = anchor.map(|anchor| (anchor.head.events, anchor.head.lines));
    checked(move || check(io::BufReader::new(file), place)).await
}

/// Checks what a server exports of a run.
pub(super) async fn of_run(
    client: &Client,
    run_id: &RunId,
    anchor: Option<&Anchor>,
) -> Result<Result<Proven, String>, Failure> {
    let mut parts = Box::pin(client.export_run(run_id, false).await?);
    let (sender, receiver) = sync_channel(PIECES_AHEAD);
    let place = anchor.map(|anchor| (anchor.head.events, anchor.head.lines));
    let checking =
        tokio::task::spawn_blocking(move || check(Pieces { receiver, current: Bytes::new() }, place));
    while let Some(part) = parts.try_next().await? {
        let sender = sender.clone();
        // The check may be slower than the download, and this waits for it off the threads that serve.
        let sent = tokio::task::spawn_blocking(move || sender.send(part).is_ok()).await;
        if !sent.unwrap_or(false) {
            // It has seen enough.
            break;
        }
    }
    drop(sender);
    checking.await.map_err(|error| broke_off(&error))
}

async fn checked(
    check: impl FnOnce() -> Result<Proven, String> + Send + 'static,
) -> Result<Result<Proven, String>, Failure> {
    tokio::task::spawn_blocking(check).await.map_err(|error| broke_off(&error))
}

fn broke_off(error: &tokio::task::JoinError) -> Failure {
    Failure::WrongUse(format!("the check broke off: {error}"))
}

fn check(from: impl Read, place: Option<(u64, u64)>) -> Result<Proven, String> {
    let mut reader = Reader::new(from);
    let mut checker = Checker::default();
    if let Some((events, lines)) = place {
        checker.remember_at(events, lines);
    }
    while let Some(record) = reader.next_record().map_err(|fault| fault.to_string())? {
        checker.take(&record).map_err(|detail| reader.fault(detail).to_string())?;
    }
    let remembered = checker.remembered();
    let totals = checker.finish().map_err(|detail| reader.fault(detail).to_string())?;
    Ok(Proven { totals, remembered })
}

/// A download as something to read from.
struct Pieces {
    receiver: Receiver<Bytes>,
    current: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.receiver.recv() {
                Ok(piece) => self.current = piece,
                Err(_) => return Ok(0),
            }
        }
        let count = into.len().min(self.current.len());
        into[..count].copy_from_slice(&self.current.split_to(count));
        Ok(count)
    }
}
