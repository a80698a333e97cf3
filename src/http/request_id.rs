//! The id that ties an answer to the log: the client's, where it is presentable, else one of our own.

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id taken over: enough for any tracing system, too short to flood a log with.
const REQUEST_ID_MAX_BYTES: usize = 128;

/// The request's id as a header value; visible ASCII, so that it can't forge a log line.
pub fn of(headers: &HeaderMap) -> HeaderValue {
    if let Some(given) = headers.get(X_REQUEST_ID)
        && is_presentable(given.as_bytes())
    {
        return given.clone();
    }
    let mut buffer = Uuid::encode_buffer();
    let text = Uuid::now_v7().hyphenated().encode_lower(&mut buffer);
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

fn is_presentable(id: &[u8]) -> bool {
    (1..=REQUEST_ID_MAX_BYTES).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_presentable_id_is_kept_and_others_are_replaced() {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_static("trace-1/a"));
        assert_eq!(of(&headers), "trace-1/a");
        for bad in ["", "two words", &"x".repeat(129)] {
            headers.insert(X_REQUEST_ID, HeaderValue::from_str(bad).unwrap());
            assert_eq!(of(&headers).len(), 36, "{bad}");
        }
        assert_ne!(of(&HeaderMap::new()), of(&HeaderMap::new()));
    }
}
