//! What a push carries, from protobuf or from JSON: streams of entries. Read by hand, so that a mistake of
//! telltale's own encoder is not made here a second time.
//!
//! Protobuf: `PushRequest { 1: streams }`, `Stream { 1: labels, 2: entries }`,
//! `Entry { 1: time { 1: seconds, 2: nanos }, 2: line, 3: structured metadata { 1: name, 2: value } }`.

use serde_json::Value;

use super::snappy::varint;

#[derive(Debug, Default)]
pub struct PushedStream {
    /// `{a="b"}`, not yet parsed.
    pub labels: String,
    pub entries: Vec<PushedEntry>,
}

#[derive(Debug, Default)]
pub struct PushedEntry {
    /// Nanoseconds since 1970.
    pub ns: i64,
    pub line: String,
    pub metadata: Vec<(String, String)>,
}

/// One field of a message: its number, and its bytes or its value.
enum Field<'a> {
    Bytes(u64, &'a [u8]),
    Number(u64, u64),
}

fn field<'a>(input: &mut &'a [u8]) -> Option<Field<'a>> {
    let key = varint(input)?;
    let (number, kind) = (key >> 3, key & 7);
    match kind {
        0 => Some(Field::Number(number, varint(input)?)),
        1 | 5 => {
            *input = input.get(if kind == 1 { 8 } else { 4 }..)?;
            Some(Field::Number(number, 0))
        }
        2 => {
            let length = usize::try_from(varint(input)?).ok()?;
            let (bytes, rest) = input.split_at_checked(length)?;
            *input = rest;
            Some(Field::Bytes(number, bytes))
        }
        _ => None,
    }
}

/// Calls `each` with the fields of a message; `None` when it is none, or `each` says so.
fn fields<'a>(mut input: &'a [u8], mut each: impl FnMut(Field<'a>) -> Option<()>) -> Option<()> {
    while !input.is_empty() {
        each(field(&mut input)?)?;
    }
    Some(())
}

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

/// The streams of a protobuf push, already decompressed.
pub fn from_protobuf(body: &[u8]) -> Option<Vec<PushedStream>> {
    let mut streams = Vec::new();
    fields(body, |field| {
        if let Field::Bytes(1, bytes) = field {
            streams.push(stream(bytes)?);
        }
        Some(())
    })?;
    Some(streams)
}

fn stream(bytes: &[u8]) -> Option<PushedStream> {
    let mut stream = PushedStream::default();
    fields(bytes, |field| {
        match field {
            Field::Bytes(1, bytes) => stream.labels = text(bytes)?,
            Field::Bytes(2, bytes) => stream.entries.push(entry(bytes)?),
            _ => {}
        }
        Some(())
    })?;
    Some(stream)
}

fn entry(bytes: &[u8]) -> Option<PushedEntry> {
    let mut entry = PushedEntry::default();
    fields(bytes, |field| {
        match field {
            Field::Bytes(1, bytes) => entry.ns = time(bytes)?,
            Field::Bytes(2, bytes) => entry.line = text(bytes)?,
            Field::Bytes(3, bytes) => entry.metadata.push(pair(bytes)?),
            _ => {}
        }
        Some(())
    })?;
    Some(entry)
}

fn time(bytes: &[u8]) -> Option<i64> {
    let (mut seconds, mut nanos) = (0, 0);
    fields(bytes, |field| {
        match field {
            Field::Number(1, value) => seconds = value as i64,
            Field::Number(2, value) => nanos = value as i64,
            _ => {}
        }
        Some(())
    })?;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
}

fn pair(bytes: &[u8]) -> Option<(String, String)> {
    let (mut name, mut value) = (String::new(), String::new());
    fields(bytes, |field| {
        match field {
            Field::Bytes(1, bytes) => name = text(bytes)?,
            Field::Bytes(2, bytes) => value = text(bytes)?,
            _ => {}
        }
        Some(())
    })?;
    Some((name, value))
}

/// `{"streams":[{"stream":{"a":"b"},"values":[["<ns>","<line>",{"name":"value"}]]}]}`.
pub fn from_json(body: &[u8]) -> Option<Vec<PushedStream>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body["streams"].as_array()?.iter().map(json_stream).collect()
}

fn json_stream(stream: &Value) -> Option<PushedStream> {
    let labels = pairs(&stream["stream"])?.into_iter().collect();
    let entries = stream["values"].as_array()?.iter().map(|value| {
        Some(PushedEntry {
            ns: value[0].as_str()?.parse().ok()?,
            line: value[1].as_str()?.to_owned(),
            metadata: value.get(2).map_or(Some(Vec::new()), pairs)?,
        })
    });
    Some(PushedStream { labels: super::text::shown(&labels), entries: entries.collect::<Option<_>>()? })
}

fn pairs(object: &Value) -> Option<Vec<(String, String)>> {
    object.as_object()?.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}
