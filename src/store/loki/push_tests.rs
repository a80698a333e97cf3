use std::collections::HashMap;

use super::*;

/// An entry as Loki reads it out of a body.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct Pushed {
    pub labels: HashMap<String, String>,
    pub ns: i64,
    pub line: String,
    pub metadata: Vec<(String, String)>,
}

/// Reads a body, independently of what wrote it; in order of time.
pub(in crate::store) fn entries(body: &[u8]) -> Vec<Pushed> {
    let mut all = Vec::new();
    for (_, stream) in fields(body) {
        let parts = fields(stream);
        let labels = labels(std::str::from_utf8(parts[0].1).unwrap());
        all.extend(parts[1..].iter().map(|(_, entry)| {
            let parts = fields(entry);
            let [seconds, nanos] = numbers(parts[0].1);
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let pair = |(_, pair): &(u64, &[u8])| {
                let parts = fields(pair);
                (text(parts[0].1), text(parts[1].1))
            };
            let metadata = parts[2..].iter().map(pair).collect();
            let ns = (seconds * 1_000_000_000 + nanos).cast_signed();
            Pushed { labels: labels.clone(), ns, line: text(parts[1].1), metadata }
        }));
    }
    all.sort_by_key(|pushed| pushed.ns);
    all
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = number(&mut bytes);
        assert_eq!(key & 7, 2, "only fields with a length");
        let length = number(&mut bytes) as usize;
        let (value, rest) = bytes.split_at(length);
        fields.push((key >> 3, value));
        bytes = rest;
    }
    fields
}

fn numbers(mut bytes: &[u8]) -> [u64; 2] {
    let mut numbers = [0; 2];
    while !bytes.is_empty() {
        let key = number(&mut bytes);
        assert_eq!(key & 7, 0);
        numbers[(key >> 3) as usize - 1] = number(&mut bytes);
    }
    numbers
}

fn number(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for place in 0.. {
        let (byte, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

/// The escapes that are written are JSON's as well.
fn labels(text: &str) -> HashMap<String, String> {
    let mut rest = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap();
    let mut labels = HashMap::new();
    while !rest.is_empty() {
        let (name, value) = rest.split_once('=').unwrap();
        let mut values = serde_json::Deserializer::from_str(value).into_iter::<String>();
        labels.insert(name.to_owned(), values.next().unwrap().unwrap());
        rest = value[values.byte_offset()..].trim_start_matches(',');
    }
    labels
}

#[test]
fn a_body_is_the_protobuf_that_loki_reads() {
    let mut body = PushBody::default();
    let stream = body.stream(label_text(&[("node", "a\"b\n"), ("none", "")]));
    body.add(stream, 1_500_000_000, "hi", &[("k", "v")]);
    let expected = [
        &[0x0a, 41][..],
        &[0x0a, 15],
        br#"{node="a\"b\n"}"#,
        &[0x12, 22, 0x0a, 8, 0x08, 1, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01, 0x12, 2],
        b"hi",
        &[0x1a, 6, 0x0a, 1, b'k', 0x12, 1, b'v'],
    ];
    assert_eq!(body.finish(), expected.concat());
}

#[test]
fn a_number_is_as_wide_as_it_is_written() {
    for number in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
        let mut out = Vec::new();
        put_number(&mut out, number);
        assert_eq!(width(number), out.len() as u64, "{number}");
    }
}

#[test]
fn what_is_pushed_is_read_again() {
    let mut body = PushBody::default();
    let stream = body.stream(label_text(&[("a", "\\\u{1}\"ä"), ("b", "2")]));
    body.add(stream, 5, "", &[]);
    let pushed = entries(&body.finish()).remove(0);
    assert_eq!((pushed.ns, pushed.line.as_str(), pushed.labels["a"].as_str()), (5, "", "\\\u{1}\"ä"));
}
