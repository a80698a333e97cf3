//! Server-sent events, read incrementally. Pure: bytes in, messages out.

/// Frames are at most 256 KiB unless one event is larger (64 KiB); far beyond that it is no such stream.
const MESSAGE_MAX_BYTES: usize = 8 * 1024 * 1024;

/// The stream holds a message too large to be one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message of the event stream is larger than {MESSAGE_MAX_BYTES} bytes")]
pub(super) struct TooLarge;

/// Collects bytes until a message is whole.
#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    data: String,
    has_data: bool,
    after_return: bool,
}

impl Parser {
    /// Takes the next bytes and gives the `data` of each message they complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLarge> {
        let mut messages = Vec::new();
        for &byte in bytes {
            // Lines end with LF, CR or CR LF (HTML, 9.2.6).
            let second_half = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            if second_half {
                continue;
            }
            if byte == b'\n' || byte == b'\r' {
                messages.extend(self.end_line());
                continue;
            }
            if self.line.len() + self.data.len() >= MESSAGE_MAX_BYTES {
                return Err(TooLarge);
            }
            self.line.push(byte);
        }
        Ok(messages)
    }

    /// Ends a line; an empty one ends the message.
    fn end_line(&mut self) -> Option<String> {
        let line = String::from_utf8_lossy(&self.line).into_owned();
        self.line.clear();
        if line.is_empty() {
            let has_data = std::mem::take(&mut self.has_data);
            return has_data.then(|| std::mem::take(&mut self.data));
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        if field == "data" {
            if self.has_data {
                self.data.push('\n');
            }
            self.has_data = true;
            self.data.push_str(value.strip_prefix(' ').unwrap_or(value));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_whole_however_the_bytes_are_cut() {
        let text = "retry: 500\n\n: comment\r\nid: 3.4\r\nevent: events\r\ndata: {\"ä\":\r\ndata:1}\r\n\r\ndata: b\n\n";
        for size in 1..text.len() {
            let mut parser = Parser::default();
            let messages: Vec<String> =
                text.as_bytes().chunks(size).flat_map(|chunk| parser.feed(chunk).unwrap()).collect();
            assert_eq!(messages, ["{\"ä\":\n1}", "b"], "in pieces of {size}");
        }
    }

    #[test]
    fn an_endless_message_is_refused() {
        let mut parser = Parser::default();
        assert_eq!(parser.feed(&vec![b'x'; MESSAGE_MAX_BYTES + 1]), Err(TooLarge));
    }
}
