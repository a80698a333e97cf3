//! One attempt of a node: an engine on one side, the recorder on the other, and its lines in between.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::client::{NewEvent, NewLogLine};
use crate::facts::event::EventType;
use crate::facts::time::Timestamp;

use super::commands::{Commands, NoteLimit, Said};
use super::docker::{self, DockerEngine};
use super::engine::{
    ArtifactFile, Attempt, Chunk, EngineKind, Exit, Finished, NoteLevel, REPORTS_QUEUED, Report, StreamName,
    now,
};
use super::lines::{Line, Splitter};
use super::log_sender::LogSink;
use super::mask::MaskedStream;
use super::output::{LastJson, LastWords, Output, Progress, progress};
use super::process;
use super::recorder::Recorder;

/// What SHA-256 (FIPS 180-4) makes of no bytes.
const SHA256_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const STREAMS: [StreamName; 2] = [StreamName::Stdout, StreamName::Stderr];
/// A node may print progress thousands of times a second; a history of a few a second tells as much.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// What an attempt came to.
#[derive(Debug)]
pub struct AttemptEnd {
    pub exit: Exit,
    pub output: Option<Output>,
    /// Copies of what its globs found; each is removed when it is dropped.
    pub artifacts: Vec<ArtifactFile>,
    pub last_words: LastWords,
    pub took: Duration,
    /// All lines are durable; the attempt's last event waits for it, since it closes their streams.
    pub stored: Option<oneshot::Receiver<()>>,
}

impl AttemptEnd {
    /// The end of what no engine has executed.
    #[must_use]
    pub fn without_attempt(exit: Exit) -> Self {
        Self {
            exit,
            output: None,
            artifacts: Vec::new(),
            last_words: LastWords::default(),
            took: Duration::ZERO,
            stored: None,
        }
    }

    /// The end of a call, with the result of the run that was called.
    #[must_use]
    pub fn of_call(result: Result<Value, Exit>, took: Duration) -> Self {
        let (exit, output) = match result {
            Ok(result) => (Exit::Code(0), Output::of_value(result)),
            Err(exit) => (exit, None),
        };
        Self { output, took, ..Self::without_attempt(exit) }
    }
}

/// Executes the attempt in Docker when `docker` is given, else as a process, and records everything but its end.
pub async fn run(recorder: &Recorder, docker: Option<&DockerEngine>, attempt: Attempt) -> AttemptEnd {
    let kind = if docker.is_some() { EngineKind::Docker } else { EngineKind::Process };
    let started = started(&attempt, kind);
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
    record(recorder, &attempt, started, execution, received).await
}

/// Records the start, and what `execution` reports until its end, which drops the last sender of what is `received`.
pub(super) async fn record(
    recorder: &Recorder,
    attempt: &Attempt,
    started: NewEvent,
    execution: impl Future<Output = Finished>,
    received: mpsc::Receiver<Report>,
) -> AttemptEnd {
    let started = recorder.event(started, None).await;
    let logs = recorder.logs();
    if recorder.is_under_claim() {
        // Should this worker die, the next one must know of the attempt, or it would make it again without a word.
        tokio::select! {
            started = started => if started.is_err() {
                return AttemptEnd::without_attempt(Exit::Stopped);
            },
            () = attempt.stop.cancelled() => return AttemptEnd::without_attempt(Exit::Stopped),
        }
    } else {
        logs.barrier(started).await;
    }
    let began = Instant::now();
    let listener = Listener::new(recorder, &logs, attempt);
    let (Finished { exit, result }, heard) = tokio::join!(execution, listener.listen(received));
    let Heard { json, words, artifacts, spoke } = heard;
    let output = match json.output(result, &attempt.masks) {
        Ok(output) => output,
        Err(why) => {
            let event = note(attempt, NoteLevel::Warn, attempt.masks.mask_text(&why));
            drop(recorder.event(event, None).await);
            None
        }
    };

    // The server closes what is open with the attempt's last event; of a stream without a line it knows nothing.
    for stream in STREAMS.into_iter().filter(|stream| !spoke.contains(stream)) {
        drop(recorder.event(closed_empty(attempt, stream), None).await);
    }
    let stored = if spoke.is_empty() { None } else { Some(logs.stored().await) };
    AttemptEnd {
        exit: exit.masked(&attempt.masks),
        output,
        artifacts,
        last_words: words,
        took: began.elapsed(),
        stored,
    }
}

fn started(attempt: &Attempt, kind: EngineKind) -> NewEvent {
    let mut data = json!({ "engine": kind.as_str() });
    if let (EngineKind::Docker, Some(image)) = (kind, &attempt.image) {
        data["image"] = json!(image);
    }
    if !attempt.inputs.is_null() {
        data["inputs"] = attempt.inputs.clone();
    }
    event(EventType::NodeStarted, attempt).with_data(data)
}

pub(super) fn event(kind: EventType, attempt: &Attempt) -> NewEvent {
    NewEvent::node(Uuid::now_v7(), kind, attempt.node.as_str(), attempt.number, now())
}

fn note(attempt: &Attempt, level: NoteLevel, text: String) -> NewEvent {
    let event = event(EventType::Note, attempt).with_message(text);
    NewEvent { level: Some(level.as_str().to_owned()), ..event }
}

/// The proof that a stream had no line: the digest is that of nothing.
fn closed_empty(attempt: &Attempt, stream: StreamName) -> NewEvent {
    event(EventType::NodeLogClosed, attempt)
        .with_data(json!({ "stream": stream.as_str(), "lines": 0, "bytes": 0, "sha256": SHA256_OF_NOTHING }))
}

/// What the listener knows when all is said.
#[derive(Default)]
struct Heard {
    json: LastJson,
    words: LastWords,
    artifacts: Vec<ArtifactFile>,
    /// The streams that had a line.
    spoke: Vec<StreamName>,
}

/// One stream on its way: secrets are masked first, so that nothing behind ever sees one.
struct Stream {
    masked: MaskedStream,
    splitter: Splitter,
    lines: u64,
}

/// Turns an engine's reports into log lines and events.
struct Listener<'a> {
    recorder: &'a Recorder,
    logs: &'a LogSink,
    attempt: &'a Attempt,
    streams: HashMap<StreamName, Stream>,
    last_progress: Option<Instant>,
    commands: Commands,
    limit: NoteLimit,
    heard: Heard,
}

impl<'a> Listener<'a> {
    fn new(recorder: &'a Recorder, logs: &'a LogSink, attempt: &'a Attempt) -> Self {
        Self {
            recorder,
            logs,
            attempt,
            streams: HashMap::new(),
            last_progress: None,
            commands: Commands::default(),
            limit: NoteLimit::default(),
            heard: Heard::default(),
        }
    }

    async fn listen(mut self, mut received: mpsc::Receiver<Report>) -> Heard {
        let masks = &self.attempt.masks;
        while let Some(report) = received.recv().await {
            match report {
                Report::Output(chunk) => self.output(chunk).await,
                Report::Note { level, text } => {
                    let event = note(self.attempt, level, masks.mask_text(&text));
                    drop(self.recorder.event(event, None).await);
                }
                Report::Progress { completed, total, message } => {
                    self.tell(Progress { completed, total, message: Some(message) }).await;
                }
                Report::Artifact(file) => {
                    let name = masks.mask_text(&file.name);
                    self.heard.artifacts.push(ArtifactFile { name, ..file });
                }
            }
        }
        for name in STREAMS {
            self.end_of(name).await;
        }
        if let Some(folded) = self.limit.summary() {
            drop(self.recorder.event(note(self.attempt, NoteLevel::Info, folded), None).await);
        }
        self.heard
    }

    async fn output(&mut self, chunk: Chunk) {
        let masks = &self.attempt.masks;
        let stream = self.streams.entry(chunk.stream).or_insert_with(|| Stream {
            masked: MaskedStream::new(Arc::clone(masks)),
            splitter: Splitter::default(),
            lines: 0,
        });
        let lines = stream.splitter.push(&stream.masked.push(&chunk.bytes));
        if !lines.is_empty() {
            self.lines(chunk.stream, chunk.at, lines).await;
        }
    }

    async fn end_of(&mut self, name: StreamName) {
        let Some(Stream { masked, mut splitter, lines: told }) = self.streams.remove(&name) else { return };
        let mut lines = splitter.push(&masked.finish());
        lines.extend(splitter.finish());
        if lines.is_empty() {
            return;
        }
        let rest =
            Stream { masked: MaskedStream::new(Arc::default()), splitter: Splitter::default(), lines: told };
        self.streams.insert(name, rest);
        self.lines(name, now(), lines).await;
    }

    async fn lines(&mut self, name: StreamName, at: Timestamp, lines: Vec<Line>) {
        if !self.heard.spoke.contains(&name) {
            self.heard.spoke.push(name);
        }
        let mut numbered = Vec::with_capacity(lines.len());
        for line in lines {
            self.understand(name, &line.bytes).await;
            let Some(stream) = self.streams.get_mut(&name) else { return };
            stream.lines += 1;
            let Attempt { node, number: attempt, .. } = self.attempt;
            let mut new =
                NewLogLine::new(node.as_str(), *attempt, name.as_str(), stream.lines, at, &line.bytes);
            new.eol = line.eol;
            numbered.push(new);
        }
        self.logs.lines(numbered).await;
    }

    async fn understand(&mut self, stream: StreamName, line: &[u8]) {
        if stream == StreamName::Stderr {
            return self.heard.words.see(line);
        }
        self.heard.json.see(line);
        if !line.starts_with(b"::") {
            return;
        }
        if let Some(progress) = progress(line) {
            self.tell(progress).await;
        } else if let Some(Said { level, text, data }) = self.commands.read(line)
            && self.limit.passes(Instant::now())
        {
            let event = NewEvent { data, ..note(self.attempt, level, text) };
            drop(self.recorder.event(event, None).await);
        }
    }

    async fn tell(&mut self, progress: Progress) {
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

#[cfg(test)]
#[path = "node_tests.rs"]
mod tests;
