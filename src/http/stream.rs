//! One run, live: GET /api/v1/runs/{runId}/stream, over WebSocket when upgraded, else as server-sent events.

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::Response;
use super::app::{Lifetime, SharedApp};
use super::caller::Caller;
use super::endpoint::{Call, Head};
use super::problem::Problem;
use super::query::Query;
use super::socket::{Inbound, Socket};
use super::{sse, upgrade};
use crate::facts::id::Cursor;
use crate::flow::feed::{Frame, Subscription, SubscriptionOptions};
use crate::store::db::DbError;
use crate::store::runs;

/// A viewer of one run sends next to nothing: with ten thousand sockets each KiB is ten megabytes.
const READ_BUFFER_BYTES: usize = 1024;

pub async fn stream(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let head = &call.head;
    let options = options(head)?;
    let handshake = if upgrade::is_wanted(&head.headers) { Some(upgrade::check(head)?) } else { None };
    let run_id = head.run_id()?;
    let organization = call.head.organization();
    let row = runs::find(&head.db(&app), organization, &run_id).await?.ok_or_else(Problem::no_such_run)?;
    let subscription = app.core.feed.subscribe(organization, run_id, row, options).await?;
    let Some(handshake) = handshake else {
        return Ok(sse::answer(subscription, app.lifetime.stop.clone(), call.head.caller.clone()));
    };
    let caller = call.head.caller.clone();
    let response = handshake.response();
    let lifetime = app.lifetime.clone();
    app.lifetime.serve_socket(async move {
        if let Some(socket) = handshake.socket(READ_BUFFER_BYTES).await {
            feed(socket, subscription, caller, lifetime).await;
        }
    });
    Ok(response)
}

/// Sends frames until the run or the connection ends.
async fn feed(mut socket: Socket, mut subscription: Subscription, caller: Caller, lifetime: Lifetime) {
    loop {
        tokio::select! {
            frame = subscription.next_frame() => match frame {
                Ok(Some(frame)) => {
                    if socket.send_text([&frame.json, b"", b""]).await.is_err() {
                        return;
                    }
                    subscription.written(&frame);
                }
                Ok(None) => return socket.close(CloseCode::Normal, "the run has ended").await,
                Err(error) => {
                    tracing::warn!(%error, "a stream can't be read on");
                    return socket.close(CloseCode::Again, "the server can't read on; resume").await;
                }
            },
            inbound = socket.receive() => if inbound == Inbound::Closed {
                return socket.close(CloseCode::Normal, "").await;
            },
            () = caller.ended.cancelled() => {
                return socket.close(CloseCode::Policy, "not signed in any more").await;
            }
            () = lifetime.stop.cancelled() => {
                return socket.close(CloseCode::Away, "the server stops; resume").await;
            }
        }
    }
}

/// What the viewer asks for. `Last-Event-ID` wins over `after` and `logAfter`: a browser that reconnects sends its
/// first address again.
fn options(head: &Head) -> Result<SubscriptionOptions, Problem> {
    let mut query = head.query();
    let after = from(&mut query, "after");
    let log_after = from(&mut query, "logAfter");
    let logs = query.flag("logs", true);
    let state = query.flag("state", false);
    let last: Option<Cursor> = query.parsed("lastEventId");
    query.check()?;
    let last = match head.headers.get("last-event-id").filter(|value| !value.is_empty()) {
        None => last,
        Some(value) => {
            let cursor = value.to_str().unwrap_or_default().parse::<Cursor>();
            Some(cursor.map_err(|error| Problem::invalid_at("Last-Event-ID", error.to_string()))?)
        }
    };
    Ok(match last {
        Some(Cursor { seq, log_seq }) => {
            SubscriptionOptions { after: Some(seq), log_after: Some(log_seq), logs, state }
        }
        None => SubscriptionOptions { after, log_after, logs, state },
    })
}

/// A place to start from: a number, 0 by default, or `head` (`None`).
fn from(query: &mut Query, name: &str) -> Option<u64> {
    match query.text(name) {
        None => Some(0),
        Some("head") => None,
        Some(_) => Some(query.seq(name).unwrap_or(0)),
    }
}

/// What a transport does with each frame before asking for the next one.
pub struct Delivery {
    subscription: Subscription,
    sent: Option<Frame>,
}

impl Delivery {
    pub fn new(subscription: Subscription) -> Self {
        Self { subscription, sent: None }
    }

    /// The next frame; to be asked for once the one before has been written.
    pub async fn next(&mut self) -> Result<Option<Frame>, DbError> {
        if let Some(sent) = self.sent.take() {
            self.subscription.written(&sent);
        }
        let frame = self.subscription.next_frame().await?;
        self.sent.clone_from(&frame);
        Ok(frame)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn parse(
        query: &str,
        last_event_id: Option<&'static str>,
    ) -> Result<(Option<u64>, Option<u64>, bool), String> {
        let mut headers = HeaderMap::new();
        if let Some(id) = last_event_id {
            headers.insert("last-event-id", http::HeaderValue::from_static(id));
        }
        let head = Head { query: Some(query.to_owned()), headers, ..Head::default() };
        let options = options(&head).map_err(|problem| problem.errors[0].pointer.clone())?;
        Ok((options.after, options.log_after, options.logs))
    }

    #[test]
    fn a_stream_starts_where_it_is_told() {
        assert_eq!(parse("", None), Ok((Some(0), Some(0), true)));
        assert_eq!(parse("after=7&logAfter=head&logs=false", None), Ok((Some(7), None, false)));
        assert_eq!(parse("after=head", Some("12.3")), Ok((Some(12), Some(3), true)));
        assert_eq!(parse("lastEventId=5.6&after=1", None), Ok((Some(5), Some(6), true)));
        assert_eq!(parse("lastEventId=5.6", Some("8.9")), Ok((Some(8), Some(9), true)));
    }

    #[test]
    fn a_bad_cursor_is_refused_by_name() {
        for (query, header, pointer) in [
            ("after=-1", None, "?after"),
            ("after=tail", None, "?after"),
            ("logAfter=1.5", None, "?logAfter"),
            ("lastEventId=5", None, "?lastEventId"),
            ("", Some("abc"), "Last-Event-ID"),
        ] {
            assert_eq!(parse(query, header), Err(pointer.to_owned()), "{query} {header:?}");
        }
    }
}
