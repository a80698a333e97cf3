//! One connection to a run's stream, over whichever road can be had: WebSocket, server-sent events,
//! or the plain pages read again and again.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Response, StatusCode, Url};

use crate::facts::id::{Cursor, RunId};

use super::api::{Client, EventQuery, put};
use super::error::ClientError;
use super::frame::{self, End, Frame, Hello};
use super::logs::LogQuery;
use super::transport::{CONNECT_TIMEOUT, send};
use super::{sse, ws};

/// How long one page waits for an event while polling; short, since log lines wait for it as well.
const POLL_WAIT: Duration = Duration::from_secs(2);
/// How many events or lines one page holds while polling.
const POLL_PAGE: u32 = 1_000;

/// The roads to a stream, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Road {
    WebSocket,
    ServerSentEvents,
    Poll,
}

impl Road {
    /// The road to try when this one is blocked.
    pub(super) fn next(self) -> Option<Self> {
        match self {
            Self::WebSocket => Some(Self::ServerSentEvents),
            Self::ServerSentEvents => Some(Self::Poll),
            Self::Poll => None,
        }
    }
}

/// Why a connection could not be made.
#[derive(Debug)]
pub(super) enum Refused {
    /// Trying again makes no sense: the run isn't there, say, or isn't the caller's.
    ForGood(ClientError),
    /// The server is away or can't answer now.
    Later(ClientError),
    /// Something between here and the server blocks this road.
    NotThisWay(String),
}

impl From<ClientError> for Refused {
    fn from(error: ClientError) -> Self {
        if error.is_transient() { Self::Later(error) } else { Self::ForGood(error) }
    }
}

/// Why a connection is of no more use.
#[derive(Debug)]
pub(super) enum Broken {
    /// Asking again makes no sense.
    ForGood(ClientError),
    Lost(String),
}

impl From<String> for Broken {
    fn from(reason: String) -> Self {
        Self::Lost(reason)
    }
}

/// What to ask of the stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub cursor: Cursor,
    pub logs: bool,
    pub state: bool,
}

pub(super) enum Connection {
    WebSocket(Box<ws::Socket>),
    ServerSentEvents(Box<EventStream>),
    Poll(Box<Poll>),
}

/// A body of server-sent events, and the messages of it that have not been asked for yet.
pub(super) struct EventStream {
    response: Response,
    parser: sse::Parser,
    waiting: VecDeque<String>,
}

impl EventStream {
    async fn next_text(&mut self) -> Result<String, Broken> {
        loop {
            if let Some(text) = self.waiting.pop_front() {
                return Ok(text);
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => {
                    self.waiting.extend(self.parser.feed(&chunk).map_err(|fault| fault.to_string())?);
                }
                Ok(None) => return Err("the server closed the stream".to_owned().into()),
                Err(error) => return Err(format!("the stream broke: {error}").into()),
            }
        }
    }
}

impl Connection {
    pub(super) async fn open(
        client: &Client,
        run_id: &RunId,
        wanted: Wanted,
        road: Road,
    ) -> Result<Self, Refused> {
        let mut url = client.run_url(run_id, &["stream"]);
        put(&mut url, "after", Some(wanted.cursor.seq));
        put(&mut url, "logAfter", Some(wanted.cursor.log_seq));
        put(&mut url, "logs", Some(wanted.logs));
        put(&mut url, "state", Some(wanted.state));
        match road {
            Road::WebSocket => Ok(Self::WebSocket(Box::new(ws::open(client, url).await?))),
            Road::ServerSentEvents => open_sse(client, url, run_id, wanted).await,
            Road::Poll => Ok(Self::Poll(Box::new(Poll::new(client, run_id, wanted)))),
        }
    }

    /// The next frame, or why the connection is of no more use.
    pub(super) async fn next(&mut self) -> Result<Frame, Broken> {
        let text = match self {
            Self::WebSocket(socket) => ws::next_text(socket).await?,
            Self::ServerSentEvents(stream) => stream.next_text().await?,
            Self::Poll(poll) => {
                return poll.next().await.map_err(|error| match error {
                    error if error.is_transient() => Broken::Lost(error.to_string()),
                    error => Broken::ForGood(error),
                });
            }
        };
        frame::parse(&text).map_err(|error| format!("a frame is not understood: {error}").into())
    }
}

async fn open_sse(client: &Client, url: Url, run_id: &RunId, wanted: Wanted) -> Result<Connection, Refused> {
    let request = client.http.get(url).header(ACCEPT, HeaderValue::from_static("text/event-stream"));
    // The timeout is for the head of the answer only: the body goes on for as long as the run does.
    let response = match tokio::time::timeout(CONNECT_TIMEOUT * 2, send(&client.address(), request)).await {
        Ok(answer) => answer?,
        Err(_) => return Err(Refused::NotThisWay("no answer to the event stream".into())),
    };
    if response.status() == StatusCode::NO_CONTENT {
        // The run is over and the cursor at its end; the plain pages tell how it ended.
        return Ok(Connection::Poll(Box::new(Poll::new(client, run_id, wanted))));
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !kind.starts_with("text/event-stream") {
        return Err(Refused::NotThisWay(format!("the event stream came as `{kind}`")));
    }
    let stream = EventStream { response, parser: sse::Parser::default(), waiting: VecDeque::new() };
    Ok(Connection::ServerSentEvents(Box::new(stream)))
}

/// Makes frames from pages, in the order that a stream would send them.
pub(super) struct Poll {
    client: Client,
    run_id: RunId,
    cursor: Cursor,
    logs: bool,
    started: bool,
    ended: bool,
    waiting: VecDeque<Frame>,
}

impl Poll {
    fn new(client: &Client, run_id: &RunId, wanted: Wanted) -> Self {
        let Wanted { cursor, logs, state: _ } = wanted;
        let client = client.clone();
        let run_id = run_id.clone();
        Self { client, run_id, cursor, logs, started: false, ended: false, waiting: VecDeque::new() }
    }

    async fn next(&mut self) -> Result<Frame, ClientError> {
        if let Some(frame) = self.waiting.pop_front() {
            return Ok(frame);
        }
        // The first page doesn't wait, so that what is there already shows at once.
        let wait = self.started.then_some(POLL_WAIT);
        let query =
            EventQuery { after: self.cursor.seq, limit: Some(POLL_PAGE), wait, ..EventQuery::default() };
        // Nothing more can come once everything up to the end has been read.
        if !self.ended {
            let page = self.client.read_events(&self.run_id, &query).await?;
            self.cursor.seq = page.events.last().map_or(self.cursor.seq, |event| event.seq);
            self.ended = page.ended && self.cursor.seq >= page.head_seq;
            if !self.started {
                self.started = true;
                self.waiting.push_back(Frame::Hello(Hello {
                    head_seq: page.head_seq,
                    head_log_seq: self.cursor.log_seq,
                    delivery: "poll".into(),
                    heartbeat_ms: 0,
                }));
            }
            if !page.events.is_empty() {
                self.waiting.push_back(Frame::Events(page.events));
            }
        }
        let more_lines = self.logs && self.read_lines().await?;
        if self.ended && !more_lines {
            let run = self.client.get_run(&self.run_id, None).await?;
            let Cursor { seq: head_seq, log_seq: head_log_seq } = self.cursor;
            self.waiting.push_back(Frame::End(End { head_seq, head_log_seq, status: run.status }));
        }
        Ok(self.waiting.pop_front().unwrap_or(Frame::Heartbeat))
    }

    /// Reads the next page of lines; whether there was one.
    async fn read_lines(&mut self) -> Result<bool, ClientError> {
        let after = Some(self.cursor.log_seq);
        let query = LogQuery { after, limit: Some(POLL_PAGE), ..LogQuery::default() };
        let page = self.client.read_logs(&self.run_id, &query).await?;
        let Some(last) = page.lines.last() else { return Ok(false) };
        self.cursor.log_seq = last.log_seq;
        self.waiting.push_back(Frame::Logs(page.lines));
        Ok(true)
    }
}

/// The error of a road that can't be taken and has no other beside it.
pub(super) fn blocked(client: &Client, reason: String) -> ClientError {
    ClientError::Unreachable { url: client.base().to_owned(), reason }
}
