//! One attempt of a node: an engine on one side, the recorder on the other, and its lines in between.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::client::{NewEvent, NewLogLine};
use crate::facts::event::EventType;

use super::docker::{self, DockerEngine};
use super::engine::{Attempt, Chunk, EngineKind, Exit, Finished, REPORTS_QUEUED, Report, StreamName, now};
use super::lines::{Line, Splitter};
use super::log_sender::LogSink;
use super::output::{LastJson, LastWords, progress};
use super::process;
use super::recorder::Recorder;

/// A node may print progress thousands of times a second; a history of a few a second tells as much.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// What an attempt came to.
#[derive(Debug)]
pub struct AttemptEnd {
    pub exit: Exit,
    pub result: Option<Value>,
    pub last_words: LastWords,
    pub took: Duration,
    /// Both streams are closed and all lines durable; the attempt's last event waits for it.
    pub closed: Option<oneshot::Receiver<()>>,
}

/// Executes the attempt in Docker when `docker` is given, else as a process, and records everything but its end.
pub async fn run(recorder: &Recorder, docker: Option<&DockerEngine>, attempt: Attempt) -> AttemptEnd {
    let began = Instant::now();
    let kind = if docker.is_some() { EngineKind::Docker } else { EngineKind::Process };
    let started = recorder.event(started(&attempt, kind), None).await;
    let logs = recorder.logs();
    logs.barrier(started).await;

    let (reports, received) = mpsc::channel(REPORTS_QUEUED);
    let execution = async {
        let finished = match docker {
            Some(engine) => docker::execute(engine, &attempt, &reports).await,
            None => process::execute(&attempt, &reports).await,
        };
        // The listener ends with the last of these.
        drop(reports);
        finished
    };
    let listener = Listener::new(recorder, &logs, &attempt);
    let (Finished { exit, result }, heard) = tokio::join!(execution, listener.listen(received));

    logs.close(attempt.node.as_str(), attempt.number, StreamName::Stdout.as_str()).await;
    // Closes keep their order, so the second one's answer is also the first one's.
    let closed = logs.close(attempt.node.as_str(), attempt.number, StreamName::Stderr.as_str()).await;
    AttemptEnd {
        result: heard.json.result(result.as_deref()),
        exit,
        last_words: heard.words,
        took: began.elapsed(),
        closed: Some(closed),
    }
}

fn started(attempt: &Attempt, kind: EngineKind) -> NewEvent {
    let mut data = json!({ "engine": kind.as_str() });
    if let (EngineKind::Docker, Some(image), Some(data)) = (kind, &attempt.image, data.as_object_mut()) {
        data.insert("image".to_owned(), json!(image));
    }
    event(EventType::NodeStarted, attempt).with_data(data)
}

fn event(kind: EventType, attempt: &Attempt) -> NewEvent {
    NewEvent::node(Uuid::now_v7(), kind, attempt.node.as_str(), attempt.number, now())
}

/// What the listener knows when all is said.
#[derive(Default)]
struct Heard {
    json: LastJson,
    words: LastWords,
}

/// Turns an engine's reports into log lines and events.
struct Listener<'a> {
    recorder: &'a Recorder,
    logs: &'a LogSink,
    attempt: &'a Attempt,
    streams: HashMap<StreamName, (Splitter, u64)>,
    last_progress: Option<Instant>,
    heard: Heard,
}

impl<'a> Listener<'a> {
    fn new(recorder: &'a Recorder, logs: &'a LogSink, attempt: &'a Attempt) -> Self {
        let heard = Heard::default();
        Self { recorder, logs, attempt, streams: HashMap::new(), last_progress: None, heard }
    }

    async fn listen(mut self, mut received: mpsc::Receiver<Report>) -> Heard {
        while let Some(report) = received.recv().await {
            match report {
                Report::Output(chunk) => self.output(chunk).await,
                Report::Note(text) => {
                    drop(
                        self.recorder
                            .event(event(EventType::Note, self.attempt).with_message(text), None)
                            .await,
                    );
                }
            }
        }
        for stream in [StreamName::Stdout, StreamName::Stderr] {
            let rest =
                self.streams.get_mut(&stream).and_then(|(splitter, _)| std::mem::take(splitter).finish());
            if let Some(line) = rest {
                self.lines(stream, now(), vec![line]).await;
            }
        }
        self.heard
    }

    async fn output(&mut self, chunk: Chunk) {
        let (splitter, _) = self.streams.entry(chunk.stream).or_default();
        let lines = splitter.push(&chunk.bytes);
        if !lines.is_empty() {
            self.lines(chunk.stream, chunk.at, lines).await;
        }
    }

    async fn lines(&mut self, stream: StreamName, at: crate::facts::time::Timestamp, lines: Vec<Line>) {
        let mut numbered = Vec::with_capacity(lines.len());
        for line in lines {
            self.understand(stream, &line.bytes).await;
            let (_, number) = self.streams.entry(stream).or_default();
            *number += 1;
            let Attempt { node, number: attempt, .. } = self.attempt;
            let mut new = NewLogLine::new(node.as_str(), *attempt, stream.as_str(), *number, at, &line.bytes);
            new.eol = line.eol;
            // As text the server would store U+FFFD for it, and the line would not be the node's any more.
            if memchr::memchr(0, &line.bytes).is_some() {
                new.text = None;
                new.bytes = Some(BASE64.encode(&line.bytes));
            }
            numbered.push(new);
        }
        self.logs.lines(numbered).await;
    }

    async fn understand(&mut self, stream: StreamName, line: &[u8]) {
        if stream == StreamName::Stderr {
            return self.heard.words.see(line);
        }
        self.heard.json.see(line);
        let Some(progress) = progress(line) else { return };
        let is_last = progress.completed >= progress.total;
        if !is_last && self.last_progress.is_some_and(|last| last.elapsed() < PROGRESS_EVERY) {
            return;
        }
        self.last_progress = Some(Instant::now());
        let data = json!({ "completed": progress.completed, "total": progress.total });
        let mut event = event(EventType::NodeProgress, self.attempt).with_data(data);
        event.message = progress.message;
        drop(self.recorder.event(event, None).await);
    }
}
