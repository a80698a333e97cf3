//! Sends the nodes' lines in batches, numbered, until they are acknowledged.
//!
//! One request at a time, so that lines keep their order; a batch leaves after 10 ms or 256 KiB. The bytes that
//! wait are bounded by a semaphore, whose permits come back with the acknowledgement: that is the backpressure.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::client::{ClientError, NewLogLine};

use super::recorder::{Channel, LogItem};

/// Bytes of lines that wait while the server is away or slow.
const BUFFER_BYTES: usize = 8 * 1024 * 1024;
/// Items between nodes and sender; the bytes are what bounds them in earnest.
const ITEMS_QUEUED: usize = 1_024;
/// A batch leaves when it is this large …
const BATCH_BYTES: usize = 256 * 1024;
/// … or has this many lines, so that empty ones can't make an endless list …
const BATCH_LINES: usize = 4_096;
/// … or when its first line has waited this long.
const FLUSH_AFTER: Duration = Duration::from_millis(10);
/// What a line costs besides its text: its names and numbers as JSON.
const LINE_OVERHEAD_BYTES: usize = 128;

/// Where nodes put their lines; cheap to clone.
#[derive(Debug, Clone)]
pub struct LogSink {
    items: mpsc::Sender<LogItem>,
    room: Arc<Semaphore>,
}

impl LogSink {
    /// Hands lines in; waits while the buffer is full.
    pub async fn lines(&self, lines: Vec<NewLogLine>) {
        let (mut group, mut bytes) = (Vec::new(), 0);
        for line in lines {
            bytes += cost(&line);
            group.push(line);
            // No group may need more room than there is.
            if bytes >= BATCH_BYTES {
                self.put(std::mem::take(&mut group), std::mem::take(&mut bytes)).await;
            }
        }
        if !group.is_empty() {
            self.put(group, bytes).await;
        }
    }

    async fn put(&self, lines: Vec<NewLogLine>, bytes: usize) {
        // A closed semaphore or channel means that recording has failed, which the driver learns elsewhere.
        if let Ok(room) = self.room.acquire_many(permits(bytes)).await {
            room.forget();
            drop(self.items.send(LogItem::Lines(lines)).await);
        }
    }

    /// Nothing handed in later is sent before `happened`.
    pub async fn barrier(&self, happened: oneshot::Receiver<()>) {
        drop(self.items.send(LogItem::Barrier(happened)).await);
    }

    /// The receiver tells when every line that was handed in before is durable.
    pub async fn stored(&self) -> oneshot::Receiver<()> {
        let (stored, receiver) = oneshot::channel();
        drop(self.items.send(LogItem::Tell(stored)).await);
        receiver
    }
}

/// Starts the sender.
pub(super) fn start(channel: Channel) -> (LogSink, JoinHandle<()>) {
    let (items, queued) = mpsc::channel(ITEMS_QUEUED);
    let room = Arc::new(Semaphore::new(BUFFER_BYTES));
    let sender = Sender { channel, room: Arc::clone(&room), batch: Vec::new(), bytes: 0, before: Vec::new() };
    (LogSink { items, room }, tokio::spawn(sender.run(queued)))
}

struct Sender {
    channel: Channel,
    room: Arc<Semaphore>,
    batch: Vec<NewLogLine>,
    bytes: usize,
    /// The last acknowledged batch: should a restored server miss it, it is sent again.
    before: Vec<NewLogLine>,
}

impl Sender {
    async fn run(mut self, mut queued: mpsc::Receiver<LogItem>) {
        let room = Arc::clone(&self.room);
        if let Err(error) = self.send_all(&mut queued).await {
            self.channel.fail(error);
        }
        // Whoever waits for room would wait for ever.
        room.close();
    }

    async fn send_all(&mut self, queued: &mut mpsc::Receiver<LogItem>) -> Result<(), ClientError> {
        let mut flush_at = None;
        loop {
            let item = match flush_at {
                None => queued.recv().await,
                Some(at) => match tokio::time::timeout_at(at, queued.recv()).await {
                    Ok(item) => item,
                    Err(_) => {
                        self.flush().await?;
                        flush_at = None;
                        continue;
                    }
                },
            };
            match item {
                Some(LogItem::Lines(lines)) => {
                    for line in lines {
                        self.add(line).await?;
                    }
                    let due = flush_at.unwrap_or_else(|| Instant::now() + FLUSH_AFTER);
                    flush_at = (!self.batch.is_empty()).then_some(due);
                }
                Some(LogItem::Barrier(happened)) => {
                    self.flush().await?;
                    flush_at = None;
                    // An error means that recording has failed; the next request will say so.
                    drop(happened.await);
                }
                Some(LogItem::Tell(stored)) => {
                    self.flush().await?;
                    flush_at = None;
                    let _ = stored.send(());
                }
                None => return self.flush().await,
            }
        }
    }

    async fn add(&mut self, line: NewLogLine) -> Result<(), ClientError> {
        self.bytes += cost(&line);
        self.batch.push(line);
        if self.bytes >= BATCH_BYTES || self.batch.len() >= BATCH_LINES {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), ClientError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let Channel { client, run_id, .. } = &self.channel;
        let send = |lines| self.channel.insist(move || client.append_logs(run_id, lines));
        match send(&self.batch).await {
            Ok(_) => {}
            // A gap: the server has lost what it had acknowledged (a restored backup). One batch can be given again.
            Err(error) if error.status() == Some(409) && !self.before.is_empty() => {
                tracing::warn!(run = %run_id, %error, "log lines are sent again");
                send(&self.before).await?;
                send(&self.batch).await?;
            }
            Err(error) => return Err(error),
        }
        self.room.add_permits(self.bytes);
        self.before = std::mem::take(&mut self.batch);
        self.bytes = 0;
        Ok(())
    }
}

/// About what a line takes on the wire.
fn cost(line: &NewLogLine) -> usize {
    let text = line.text.as_ref().or(line.bytes.as_ref()).map_or(0, String::len);
    text + line.node_ref.len() + LINE_OVERHEAD_BYTES
}

/// A group is a batch and one line at most, which is far below the bound.
fn permits(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
