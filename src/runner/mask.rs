//! Keeps secrets out of what a node says: replaces each with `***`, also when chunks cut it in two.
//!
//! A secret is looked for as it is, line by line, and as JSON, base64 (at all three alignments) and URLs write it.
//! Of several that begin at one place the longest is meant, and the leftmost wins ([leftmost-longest]). Colours and other
//! control sequences of terminals make no difference: what a terminal shows is looked through as well. Pure.
//!
//! A stream's masker holds back a tail that may be the beginning of a secret, until more comes or the stream ends;
//! **not** until some time has passed. Whoever prints half a secret, pauses, and prints the rest would otherwise
//! have both halves shown, one after the other in one line. The price is small, because lines are told whole
//! anyway: only a line that ends with the beginning of a secret of several lines waits for the next one.
//!
//! [leftmost-longest]: aho_corasick::MatchKind::LeftmostLongest

use std::borrow::Cow;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_json::Value;

/// A shorter secret is refused by whoever would mask it: it would be found everywhere, and tell nothing.
pub const SECRET_MIN_BYTES: usize = 4;
/// What stands in a secret's place.
const MASK: &str = "***";
/// Begins a control sequence.
const ESCAPE: u8 = 0x1b;
/// A longer sequence is none that a terminal knows; it is not waited for.
const SEQUENCE_MAX_BYTES: usize = 32;
/// What RFC 3986 leaves as it is.
const UNRESERVED_KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The secrets of an attempt, ready to be looked for. The default one masks nothing.
#[derive(Default)]
pub struct Masker {
    finder: Option<AhoCorasick>,
    /// Every form of every secret, sorted: what begins like one of them is found by bisection.
    forms: Vec<Vec<u8>>,
    longest: usize,
}

impl std::fmt::Debug for Masker {
    /// Never what it hides.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Masker({} forms)", self.forms.len())
    }
}

impl Masker {
    /// Looks for these values; those below [`SECRET_MIN_BYTES`] are left out. The error is a fragment: they are
    /// too many or too long to be looked for, and then nothing may run with them.
    pub fn new<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>) -> Result<Self, String> {
        let mut forms = Vec::new();
        for secret in secrets {
            forms_of(secret.as_ref(), &mut forms);
        }
        forms.sort_unstable();
        forms.dedup();
        if forms.is_empty() {
            return Ok(Self::default());
        }
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&forms)
            .map_err(|error| format!("the secrets can't be masked: {error}"))?;
        let longest = forms.iter().map(Vec::len).max().unwrap_or(0);
        Ok(Self { finder: Some(finder), forms, longest })
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.finder.is_none()
    }

    #[must_use]
    pub fn mask_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(finder) = &self.finder else { return Cow::Borrowed(bytes) };
        let mut masked = Cow::Borrowed(bytes);
        if finder.is_match(bytes) {
            masked = Cow::Owned(self.mask(finder, bytes, &View::plain(bytes), true).0);
        }
        if memchr::memchr(ESCAPE, &masked).is_some() {
            masked = Cow::Owned(self.mask(finder, &masked, &View::shown(&masked), true).0);
        }
        masked
    }

    /// What can be told of `bytes`, and where that ends: before what may become a secret, unless this is the end.
    fn mask(&self, finder: &AhoCorasick, bytes: &[u8], view: &View<'_>, is_end: bool) -> (Vec<u8>, usize) {
        let text = view.text.as_ref();
        let open_end = |from: usize| if is_end { text.len() } else { from + self.open_end(&text[from..]) };
        let mut told = Vec::with_capacity(bytes.len());
        let mut at = 0;
        let mut open = open_end(0);
        // What begins before the open end is decided: nothing longer can begin there.
        for found in finder.find_iter(text) {
            if found.start() >= open {
                break;
            }
            told.extend_from_slice(&bytes[at..view.place(found.start())]);
            told.extend_from_slice(MASK.as_bytes());
            at = view.place(found.end() - 1) + 1;
            if found.end() > open {
                open = open_end(found.end());
            }
        }
        let end = match open {
            open if open < text.len() => view.place(open),
            _ if is_end => bytes.len(),
            _ => view.end,
        };
        told.extend_from_slice(&bytes[at..end]);
        (told, end)
    }

    #[must_use]
    pub fn mask_text(&self, text: &str) -> String {
        match self.mask_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => text.to_owned(),
            // A secret that is no UTF-8 may begin inside of a character.
            Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Masks strings, names of fields, and numbers that hold a secret, which become texts.
    #[must_use]
    pub fn mask_json(&self, value: &Value) -> Value {
        if self.is_empty() {
            return value.clone();
        }
        match value {
            Value::String(text) => Value::String(self.mask_text(text)),
            Value::Array(values) => Value::Array(values.iter().map(|value| self.mask_json(value)).collect()),
            Value::Object(fields) => Value::Object(
                fields.iter().map(|(name, value)| (self.mask_text(name), self.mask_json(value))).collect(),
            ),
            Value::Number(number) => {
                let text = number.to_string();
                let masked = self.mask_text(&text);
                if masked == text { value.clone() } else { Value::String(masked) }
            }
            Value::Bool(_) | Value::Null => value.clone(),
        }
    }

    /// Where the longest end of `bytes` begins that may become a secret once more comes.
    fn open_end(&self, bytes: &[u8]) -> usize {
        let first = bytes.len().saturating_sub(self.longest.saturating_sub(1));
        (first..bytes.len()).find(|start| self.begins_a_form(&bytes[*start..])).unwrap_or(bytes.len())
    }

    /// Whether `end` is the beginning of a form that is longer.
    fn begins_a_form(&self, end: &[u8]) -> bool {
        // Those that begin with `end` follow it in the order, without others in between; the first may be `end`.
        let at = self.forms.partition_point(|form| form.as_slice() <= end);
        self.forms.get(at).is_some_and(|form| form.starts_with(end))
    }
}

/// Masks one stream: its bytes as they are, and of what is left, what a terminal would show.
#[derive(Debug)]
pub struct MaskedStream {
    masker: Arc<Masker>,
    held: Vec<u8>,
    held_shown: Vec<u8>,
}

impl MaskedStream {
    #[must_use]
    pub fn new(masker: Arc<Masker>) -> Self {
        Self { masker, held: Vec::new(), held_shown: Vec::new() }
    }

    /// Takes the next bytes and gives those that can be told.
    pub fn push<'a>(&mut self, chunk: &'a [u8]) -> Cow<'a, [u8]> {
        let masker = Arc::clone(&self.masker);
        let Some(finder) = &masker.finder else { return Cow::Borrowed(chunk) };
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(chunk);
        let (told, end) = masker.mask(finder, &bytes, &View::plain(&bytes), false);
        self.held = bytes.split_off(end);
        if self.held_shown.is_empty() && memchr::memchr(ESCAPE, &told).is_none() {
            return Cow::Owned(told);
        }
        let mut bytes = std::mem::take(&mut self.held_shown);
        bytes.extend_from_slice(&told);
        let (told, end) = masker.mask(finder, &bytes, &View::shown(&bytes), false);
        self.held_shown = bytes.split_off(end);
        Cow::Owned(told)
    }

    /// What is left when the stream has ended.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        let rest = self.masker.mask_bytes(&self.held).into_owned();
        self.held_shown.extend_from_slice(&rest);
        self.masker.mask_bytes(&self.held_shown).into_owned()
    }
}

/// Output as secrets are looked for in it.
struct View<'a> {
    text: Cow<'a, [u8]>,
    /// Where each byte of the text is in the output; `None` where nothing was left out.
    places: Option<Vec<usize>>,
    /// Where a sequence begins whose end has not come; else the output's end.
    end: usize,
}

impl<'a> View<'a> {
    fn plain(bytes: &'a [u8]) -> Self {
        Self { text: Cow::Borrowed(bytes), places: None, end: bytes.len() }
    }

    /// As a terminal would show it: without the sequences that set colours, erase or move (ECMA-48, `CSI … final byte`).
    fn shown(bytes: &'a [u8]) -> Self {
        let (mut text, mut places, mut at) = (Vec::new(), Vec::new(), 0);
        while at < bytes.len() {
            match sequence(&bytes[at..]) {
                Sequence::Whole(length) => at += length,
                Sequence::Open => break,
                Sequence::None => {
                    text.push(bytes[at]);
                    places.push(at);
                    at += 1;
                }
            }
        }
        Self { text: Cow::Owned(text), places: Some(places), end: at }
    }

    fn place(&self, at: usize) -> usize {
        self.places.as_ref().map_or(at, |places| places[at])
    }
}

enum Sequence {
    None,
    /// Its end has not come.
    Open,
    Whole(usize),
}

fn sequence(bytes: &[u8]) -> Sequence {
    match bytes {
        [ESCAPE] => return Sequence::Open,
        [ESCAPE, b'[', ..] => {}
        _ => return Sequence::None,
    }
    let is_inside = |byte: &&u8| (0x20..=0x3f).contains(*byte);
    let inside = bytes[2..].iter().take(SEQUENCE_MAX_BYTES).take_while(is_inside).count();
    match bytes.get(2 + inside) {
        Some(0x40..=0x7e) => Sequence::Whole(inside + 3),
        None => Sequence::Open,
        Some(_) => Sequence::None,
    }
}

/// Adds everything that `secret` may look like.
fn forms_of(secret: &[u8], forms: &mut Vec<Vec<u8>>) {
    encodings_of(secret, forms);
    let lines: Vec<&[u8]> =
        secret.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| *line != secret).collect();
    for line in lines {
        encodings_of(line, forms);
    }
}

fn encodings_of(secret: &[u8], forms: &mut Vec<Vec<u8>>) {
    if secret.len() < SECRET_MIN_BYTES {
        return;
    }
    forms.push(secret.to_vec());
    if let Ok(text) = std::str::from_utf8(secret) {
        let written = Value::String(text.to_owned()).to_string();
        forms.push(written.as_bytes()[1..written.len() - 1].to_vec());
        forms.push(ascii_json(text).into_bytes());
    }
    for whole in [STANDARD_NO_PAD.encode(secret), URL_SAFE_NO_PAD.encode(secret)] {
        forms.push(whole.into_bytes());
    }
    for before in 0..3 {
        for inner in
            [inner_base64(&STANDARD_NO_PAD, secret, before), inner_base64(&URL_SAFE_NO_PAD, secret, before)]
        {
            if inner.len() >= SECRET_MIN_BYTES {
                forms.push(inner);
            }
        }
    }
    let url = percent_encode(secret, UNRESERVED_KEPT).to_string();
    forms.push(lowercase_escapes(&url).into_bytes());
    let form: String = form_urlencoded::byte_serialize(secret).collect();
    forms.push(lowercase_escapes(&form).into_bytes());
    forms.extend([url.into_bytes(), form.into_bytes()]);
}

/// The letters that tell of `secret` alone, where `before` other bytes (modulo 3) came before it.
fn inner_base64(engine: &impl base64::Engine, secret: &[u8], before: usize) -> Vec<u8> {
    let encoded = engine.encode([&[0u8; 3][..before], secret].concat()).into_bytes();
    // A letter has 6 bits: 1 byte before spoils 2 letters, 2 bytes spoil 3.
    let start = [0, 2, 3][before];
    let spoilt_end = usize::from(!(before + secret.len()).is_multiple_of(3));
    encoded[start.min(encoded.len() - spoilt_end)..encoded.len() - spoilt_end].to_vec()
}

/// As JSON is written where everything must be ASCII.
fn ascii_json(text: &str) -> String {
    let written = Value::String(text.to_owned()).to_string();
    let mut ascii = String::new();
    for character in written[1..written.len() - 1].chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else {
            let mut units = [0; 2];
            ascii.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    ascii
}

fn lowercase_escapes(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escape, rest) = part.split_at(part.len().min(2));
        lower.push('%');
        lower.push_str(&escape.to_ascii_lowercase());
        lower.push_str(rest);
    }
    lower
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
