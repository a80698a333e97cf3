//! The entries, in memory and in one append-only file: what was written is there again after a kill.
//!
//! The file is a row of records, each a kind and its fields; texts have their length in front. A record that was
//! being written when the end came is cut off at the next start.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::text::{self, Labels};
use super::wire::PushedEntry;

const STREAM: u8 = b'S';
const ENTRY: u8 = b'E';
const GONE: u8 = b'G';

#[derive(Debug, Clone)]
pub struct Entry {
    pub ns: i64,
    pub line: String,
    pub metadata: Vec<(String, String)>,
}

pub struct Stream {
    pub tenant: String,
    pub labels: Labels,
    /// By time; those of one time in the order they came.
    pub entries: Vec<Entry>,
}

pub struct Store {
    pub streams: Vec<Stream>,
    places: HashMap<(String, String), usize>,
    file: File,
    unwritten: Vec<u8>,
}

/// Where a stream is in the store.
pub type Place = usize;

impl Store {
    /// Opens the file and takes in what it holds.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut store = Self { streams: Vec::new(), places: HashMap::new(), file, unwritten: Vec::new() };
        let mut rest = bytes.as_slice();
        let mut whole = 0;
        while store.replay(&mut rest).is_some() {
            whole = bytes.len() - rest.len();
        }
        store.unwritten.clear();
        store.file.set_len(whole as u64)?;
        store.file.seek(SeekFrom::End(0))?;
        Ok(store)
    }

    fn replay(&mut self, rest: &mut &[u8]) -> Option<()> {
        match take(rest, 1)?[0] {
            STREAM => {
                let (tenant, labels) = (read_text(rest)?, read_text(rest)?);
                self.stream(&tenant, &text::labels(&labels).ok()?);
            }
            ENTRY => {
                let place = read_u32(rest)? as usize;
                let (ns, line) = (read_i64(rest)?, read_text(rest)?);
                let count = read_u32(rest)?;
                let metadata: Option<_> =
                    (0..count).map(|_| Some((read_text(rest)?, read_text(rest)?))).collect();
                let entry = PushedEntry { ns, line, metadata: metadata? };
                (place < self.streams.len()).then(|| self.add(place, entry))?;
            }
            GONE => {
                let place = read_u32(rest)? as usize;
                let (ns, line) = (read_i64(rest)?, read_text(rest)?);
                let stream = self.streams.get_mut(place)?;
                stream.entries.retain(|entry| entry.ns != ns || entry.line != line);
            }
            _ => return None,
        }
        Some(())
    }

    pub fn find(&self, tenant: &str, labels: &Labels) -> Option<Place> {
        self.places.get(&(tenant.to_owned(), text::shown(labels))).copied()
    }

    pub fn streams_of(&self, tenant: &str) -> usize {
        self.streams.iter().filter(|stream| stream.tenant == tenant).count()
    }

    /// The stream with these labels, made if there is none.
    pub fn stream(&mut self, tenant: &str, labels: &Labels) -> Place {
        let shown = text::shown(labels);
        let next = self.streams.len();
        let place = *self.places.entry((tenant.to_owned(), shown.clone())).or_insert(next);
        if place == next {
            self.streams.push(Stream {
                tenant: tenant.to_owned(),
                labels: labels.clone(),
                entries: Vec::new(),
            });
            self.unwritten.push(STREAM);
            write_text(&mut self.unwritten, tenant);
            write_text(&mut self.unwritten, &shown);
        }
        place
    }

    /// Adds an entry; `false` when the stream has the same line at the same time, which is documented to be
    /// stored once.
    pub fn add(&mut self, place: Place, entry: PushedEntry) -> bool {
        let entries = &mut self.streams[place].entries;
        let PushedEntry { ns, line, metadata } = entry;
        let mut at = entries.len();
        if entries.last().is_some_and(|last| last.ns >= ns) {
            at = entries.partition_point(|other| other.ns <= ns);
            let same_time = entries[..at].iter().rev().take_while(|other| other.ns == ns);
            if same_time.into_iter().any(|other| other.line == line) {
                return false;
            }
        }
        self.unwritten.push(ENTRY);
        self.unwritten.extend_from_slice(&(place as u32).to_le_bytes());
        self.unwritten.extend_from_slice(&ns.to_le_bytes());
        write_text(&mut self.unwritten, &line);
        self.unwritten.extend_from_slice(&(metadata.len() as u32).to_le_bytes());
        for (name, value) in &metadata {
            write_text(&mut self.unwritten, name);
            write_text(&mut self.unwritten, value);
        }
        entries.insert(at, Entry { ns, line, metadata });
        true
    }

    /// Writes what was added since the last time; only then may it be acknowledged.
    pub fn save(&mut self) -> std::io::Result<()> {
        self.file.write_all(&self.unwritten)?;
        self.unwritten.clear();
        Ok(())
    }

    /// Takes out the entries that `which` names, for good, and says how many.
    pub fn remove(&mut self, mut which: impl FnMut(&Stream, &Entry) -> bool) -> std::io::Result<usize> {
        let mut removed = 0;
        for place in 0..self.streams.len() {
            let mut entries = std::mem::take(&mut self.streams[place].entries);
            let stream = &self.streams[place];
            let unwritten = &mut self.unwritten;
            entries.retain(|entry| {
                let goes = which(stream, entry);
                if goes {
                    removed += 1;
                    unwritten.push(GONE);
                    unwritten.extend_from_slice(&(place as u32).to_le_bytes());
                    unwritten.extend_from_slice(&entry.ns.to_le_bytes());
                    write_text(unwritten, &entry.line);
                }
                !goes
            });
            self.streams[place].entries = entries;
        }
        self.save()?;
        Ok(removed)
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn take<'a>(rest: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
    let (taken, others) = rest.split_at_checked(size)?;
    *rest = others;
    Some(taken)
}

fn read_u32(rest: &mut &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(take(rest, 4)?.try_into().ok()?))
}

fn read_i64(rest: &mut &[u8]) -> Option<i64> {
    Some(i64::from_le_bytes(take(rest, 8)?.try_into().ok()?))
}

fn read_text(rest: &mut &[u8]) -> Option<String> {
    let length = read_u32(rest)? as usize;
    Some(std::str::from_utf8(take(rest, length)?).ok()?.to_owned())
}
