//! Group commit: what many writers want written meets in a lane, and one round trip writes it all.
//!
//! A lane waits for its first item, takes what else is there already, and flushes. While a flush is under way
//! new items gather, so the batches grow with the load. Writers that wait for their answer come back all at once, a
//! moment after the flush: the first of them would be flushed alone, so a lane gives the others that moment, as many as
//! are known to be there. A lone writer waits for nobody.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// Items that may wait in front of a lane: a few flushes' worth. Senders beyond it wait.
pub const QUEUE_ITEMS: usize = 1_024;

/// How long a lane waits for the writers of its last batch: less than the flush itself takes.
const LINGER: Duration = Duration::from_millis(1);

/// The receiving end of a lane.
#[derive(Debug)]
pub struct Lane<T> {
    receiver: mpsc::Receiver<T>,
    /// How many items the last batch had.
    last: usize,
    /// An item that no longer fitted into the last batch.
    held: Option<T>,
}

/// Makes a lane and the handle that feeds it.
#[must_use]
pub fn lane<T>() -> (mpsc::Sender<T>, Lane<T>) {
    let (sender, receiver) = mpsc::channel(QUEUE_ITEMS);
    (sender, Lane { receiver, last: 0, held: None })
}

impl<T> Lane<T> {
    /// The next batch: at least one item, then more while `weight` sums to at most `max_weight` and there
    /// are at most `max_items`. `None` when every sender is gone.
    pub async fn gather(
        &mut self,
        max_items: usize,
        max_weight: usize,
        weight: impl Fn(&T) -> usize,
    ) -> Option<Vec<T>> {
        // Those it has just answered, and those that came meanwhile: counting only the former, two halves would take turns.
        let known = self.last + self.receiver.len() + usize::from(self.held.is_some());
        let first = match self.held.take() {
            Some(item) => item,
            None => self.receiver.recv().await?,
        };
        let mut sum = weight(&first);
        let mut batch = vec![first];
        // Most of them are enough: one may have had nothing more to say.
        let enough = (known - known / 4).min(max_items);
        let deadline = Instant::now() + LINGER;
        while batch.len() < max_items && sum < max_weight {
            let item = match self.receiver.try_recv() {
                Ok(item) => item,
                Err(_) if batch.len() >= enough => break,
                Err(_) => match timeout_at(deadline, self.receiver.recv()).await {
                    Ok(Some(item)) => item,
                    Ok(None) | Err(_) => break,
                },
            };
            sum = sum.saturating_add(weight(&item));
            if sum > max_weight {
                self.held = Some(item);
                break;
            }
            batch.push(item);
        }
        self.last = batch.len();
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn batches_keep_order_and_bounds_and_lose_nothing() {
        let (sender, mut lane) = lane();
        for item in [3_usize, 4, 5, 100, 1] {
            sender.send(item).await.unwrap();
        }
        drop(sender);
        let mut batches = Vec::new();
        while let Some(batch) = lane.gather(10, 8, |item| *item).await {
            batches.push(batch);
        }
        assert_eq!(batches, [vec![3, 4], vec![5], vec![100], vec![1]]);
    }
}
