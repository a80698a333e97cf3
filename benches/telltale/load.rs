//! The events that are sent: one body for each request, made once, of which only the event ids change.

use std::fmt::Write as _;

use memchr::memmem;
use uuid::Uuid;

use crate::harness::{Outcome, first_number, last_number, occurrences};
use crate::wire::Connection;

/// Nodes of a run, taking turns.
pub const NODES: usize = 4;

/// A run that is written to, through one connection.
#[derive(Debug)]
pub struct Writer {
    connection: Connection,
    path: String,
    pub run_id: String,
    pub head: u64,
}

/// A request's body, with the places of the event ids.
#[derive(Debug, Clone)]
pub struct Batch {
    pub body: Vec<u8>,
    id_places: Vec<usize>,
    pub events: usize,
}

impl Batch {
    /// `events` of progress, as a worker reports it: about 270 bytes each.
    pub fn of(events: usize) -> Self {
        let mut text = String::from("[");
        for index in 0..events {
            let comma = if index > 0 { "," } else { "" };
            // Writing into a text does not fail.
            let _ = write!(
                text,
                r#"{comma}{{"eventId":"{}","type":"NODE_PROGRESS","nodeRef":"resolve-{}","attempt":1,"#,
                Uuid::nil(),
                index % NODES
            );
            let _ = write!(
                text,
                r#""occurredAt":"2026-11-22T10:00:00.{:06}Z","message":"{index} of 1,000 hosts","#,
                index % 1_000_000
            );
            let _ = write!(
                text,
                r#""data":{{"completed":{index},"total":1000,"host":"h{index}.example.org"}}}}"#
            );
        }
        text.push(']');
        let nil = Uuid::nil().to_string();
        let id_places = memmem::find_iter(text.as_bytes(), nil.as_bytes()).collect();
        Self { body: text.into_bytes(), id_places, events }
    }

    /// Gives every event a new id, as a client that may have to repeat the request does.
    pub fn renew(&mut self) {
        for place in &self.id_places {
            if let Some(slot) = self.body.get_mut(*place..place + 36) {
                Uuid::now_v7().hyphenated().encode_lower(slot);
            }
        }
    }
}

impl Writer {
    /// A new run with its nodes started.
    pub async fn begin(address: &str, prefix: &str) -> Outcome<Self> {
        let run_id = format!("{prefix}-{}", Uuid::now_v7());
        let mut connection = Connection::open(address).await?;
        let path = format!("/api/v1/runs/{run_id}/events");
        let mut body = format!(r#"[{{"type":"RUN_STARTED","data":{{"workflow":"{prefix}"}}}}"#);
        for node in 0..NODES {
            let _ = write!(body, r#",{{"type":"NODE_STARTED","nodeRef":"resolve-{node}"}}"#);
        }
        body.push(']');
        connection.post(&path, body.as_bytes()).await?;
        Ok(Self { connection, path, run_id, head: NODES as u64 + 1 })
    }

    /// Another connection to the same run.
    pub async fn beside(&self, address: &str) -> Outcome<Self> {
        let connection = Connection::open(address).await?;
        Ok(Self { connection, path: self.path.clone(), run_id: self.run_id.clone(), head: self.head })
    }

    /// Shows a token with every request from here on.
    pub fn bearing(self, token: &str) -> Self {
        Self { connection: self.connection.bearing(token), ..self }
    }

    /// Appends the batch under new ids and checks the answer: each accepted, the head moved by as many.
    pub async fn append(&mut self, batch: &mut Batch) -> Outcome<()> {
        let expected = self.head + batch.events as u64;
        let head = self.append_among_others(batch).await?;
        if head != expected {
            return Err(format!("the head came to {head} instead of {expected}").into());
        }
        Ok(())
    }

    /// The same where others write to the run too: its events are together, somewhere behind what was there. The last one's seq.
    pub async fn append_among_others(&mut self, batch: &mut Batch) -> Outcome<u64> {
        batch.renew();
        let least = self.head + batch.events as u64;
        let answer = self.connection.post(&self.path, &batch.body).await?;
        let accepted = occurrences(answer, br#""outcome":"accepted""#);
        let head = last_number(answer.get(..64).unwrap_or(answer), br#""headSeq":"#);
        let last = last_number(answer, br#""seq":"#);
        let first = first_number(answer, br#""seq":"#);
        let (Some(head), Some(first)) = (head.filter(|head| *head >= least && last == Some(*head)), first)
        else {
            return Err(unexpected(batch.events, answer));
        };
        if accepted != batch.events || head - first + 1 != batch.events as u64 {
            return Err(unexpected(batch.events, answer));
        }
        self.head = head;
        Ok(head)
    }
}

fn unexpected(events: usize, answer: &[u8]) -> Box<dyn std::error::Error + Send + Sync> {
    let text = String::from_utf8_lossy(answer).chars().take(400).collect::<String>();
    format!("expected {events} events accepted in a row, got {text}").into()
}
