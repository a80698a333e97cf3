//! The lines that are sent: bodies of NDJSON made once, of a hundred bytes of text a line, like those of a scanner.

use std::fmt::Write as _;

use uuid::Uuid;

use crate::harness::{Outcome, first_number};
use crate::wire::Connection;

/// Bytes of a line's text (issue 4, targets).
pub const TEXT_BYTES: usize = 100;
/// Different bodies, so that one chunk says nothing about the next.
const BODIES: usize = 4;
/// Stands once in the last body of a set, for those who search.
pub const NEEDLE: &str = "needle-in-a-haystack";

/// Bodies of `lines` lines each, to be sent in turns.
#[derive(Debug)]
pub struct Bodies {
    bodies: Vec<Vec<u8>>,
    pub lines: u64,
    next: usize,
}

impl Bodies {
    pub fn of(lines: u64) -> Self {
        let mut chance = 0x2545_F491_4F6C_DD1D_u64;
        let bodies = (0..BODIES).map(|_| body(lines, &mut chance)).collect();
        Self { bodies, lines, next: 0 }
    }

    fn take(&mut self) -> &[u8] {
        self.next = (self.next + 1) % BODIES;
        &self.bodies[self.next]
    }
}

fn body(lines: u64, chance: &mut u64) -> Vec<u8> {
    let mut random = move |below: u64| {
        // xorshift64: figures that no compressor foresees.
        *chance ^= *chance << 13;
        *chance ^= *chance >> 7;
        *chance ^= *chance << 17;
        *chance % below
    };
    let mut out = String::new();
    for line in 0..lines {
        let mut text = String::new();
        // Writing into a text does not fail.
        let _ = write!(
            text,
            "host-{:05}.example.org A 192.0.2.{} ttl {} from 198.51.100.{} in {} ms, id {:08x}",
            random(100_000),
            random(256),
            random(86_400),
            random(256),
            random(2_000),
            random(u64::from(u32::MAX)),
        );
        while text.len() < TEXT_BYTES {
            text.push(char::from(b'a' + random(26) as u8));
        }
        text.truncate(TEXT_BYTES);
        let _ = writeln!(out, r#"{{"nodeRef":"resolve-{}","stream":"stdout","text":"{text}"}}"#, line % 4);
    }
    out.into_bytes()
}

/// A run whose output is written through one connection.
#[derive(Debug)]
pub struct LineWriter {
    connection: Connection,
    path: String,
    pub run_id: String,
    pub head: u64,
}

impl LineWriter {
    pub async fn begin(address: &str) -> Outcome<Self> {
        let run_id = format!("logs-{}", Uuid::now_v7());
        let mut connection = Connection::open(address).await?;
        let start = br#"[{"type":"RUN_STARTED","data":{"workflow":"bench"}}]"#;
        connection.post(&format!("/api/v1/runs/{run_id}/events"), start).await?;
        let path = format!("/api/v1/runs/{run_id}/logs");
        Ok(Self { connection, path, run_id, head: 0 })
    }

    /// Appends the next body and checks that all of it was taken.
    pub async fn write(&mut self, bodies: &mut Bodies) -> Outcome<()> {
        let lines = bodies.lines;
        self.send(bodies.take(), lines).await
    }

    /// A single line that holds [`NEEDLE`].
    pub async fn write_needle(&mut self) -> Outcome<()> {
        let line = format!("{{\"nodeRef\":\"resolve-0\",\"stream\":\"stdout\",\"text\":\"a {NEEDLE}\"}}\n");
        self.send(line.as_bytes(), 1).await
    }

    async fn send(&mut self, body: &[u8], lines: u64) -> Outcome<()> {
        let answer = self.connection.post_lines(&self.path, body).await?;
        let head = first_number(answer, br#""headLogSeq":"#);
        if first_number(answer, br#""accepted":"#) != Some(lines) || head != Some(self.head + lines) {
            return Err(format!("{lines} lines: {}", String::from_utf8_lossy(answer)).into());
        }
        self.head += lines;
        Ok(())
    }
}
