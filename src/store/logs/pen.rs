//! Writes lines into chunks: plain ones for those who watch, compressed ones for the store. Pure.

use std::collections::BTreeSet;

use bytes::Bytes;
use zstd::bulk::Compressor;

use crate::facts::id::NodeRef;
use crate::store::db::DbError;

/// Largest chunk before compression: what one reader has to decompress to get one line.
pub(super) const CHUNK_PLAIN_BYTES: usize = 256 * 1024;
/// The fastest level: lines repeat themselves so much that higher ones gain little.
const ZSTD_LEVEL: i32 = 1;

/// A chunk, ready to be stored.
#[derive(Debug)]
pub(super) struct Chunk {
    pub first: u64,
    pub last: u64,
    pub nodes: BTreeSet<NodeRef>,
    pub plain_bytes: usize,
    pub body: Vec<u8>,
}

/// A chunk's lines as NDJSON.
#[derive(Debug, Clone)]
pub struct PlainChunk {
    pub first: u64,
    pub last: u64,
    pub plain: Bytes,
}

impl PlainChunk {
    /// Its lines with their logSeqs. They share the chunk's memory.
    pub fn lines(&self) -> impl Iterator<Item = (u64, Bytes)> {
        let ends = memchr::memchr_iter(b'\n', &self.plain);
        (self.first..).zip(ends).scan(0, |start, (log_seq, end)| {
            let line = self.plain.slice(*start..end);
            *start = end + 1;
            Some((log_seq, line))
        })
    }
}

/// Compresses chunks, one after another in the same memory: to make that anew costs as much as a small chunk.
#[derive(Default)]
pub(super) struct Packer(Option<Compressor<'static>>);

impl Packer {
    /// Compresses a chunk's text.
    pub fn pack(&mut self, text: &[u8]) -> Result<Vec<u8>, DbError> {
        let shape = |error: std::io::Error| DbError::Shape(format!("log chunk: {error}"));
        let compressor = match &mut self.0 {
            Some(compressor) => compressor,
            none => none.insert(Compressor::new(ZSTD_LEVEL).map_err(shape)?),
        };
        compressor.compress(text).map_err(shape)
    }
}

/// Holds the chunk that is being written, and those before it.
pub(super) struct Pen<'p> {
    packer: &'p mut Packer,
    text: Vec<u8>,
    first: u64,
    last: u64,
    nodes: BTreeSet<NodeRef>,
    chunks: Vec<Chunk>,
    plain: Vec<PlainChunk>,
}

impl<'p> Pen<'p> {
    pub fn new(packer: &'p mut Packer) -> Self {
        let (text, nodes, chunks, plain) = (Vec::new(), BTreeSet::new(), Vec::new(), Vec::new());
        Self { packer, text, first: 0, last: 0, nodes, chunks, plain }
    }

    /// Adds the line that `put` writes. Where it makes the chunk too large, the chunk ends before it.
    pub fn write(
        &mut self,
        log_seq: u64,
        node: &NodeRef,
        put: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), DbError> {
        let start = self.text.len();
        put(&mut self.text);
        self.text.push(b'\n');
        if start > 0 && self.text.len() > CHUNK_PLAIN_BYTES {
            self.end_chunk(start)?;
        }
        if self.nodes.is_empty() {
            self.first = log_seq;
        }
        if !self.nodes.contains(node) {
            self.nodes.insert(node.clone());
        }
        self.last = log_seq;
        Ok(())
    }

    /// All chunks, the last one included.
    pub fn finish(mut self) -> Result<(Vec<Chunk>, Vec<PlainChunk>), DbError> {
        if !self.text.is_empty() {
            self.end_chunk(self.text.len())?;
        }
        Ok((self.chunks, self.plain))
    }

    /// Ends the chunk that the first `length` bytes are.
    fn end_chunk(&mut self, length: usize) -> Result<(), DbError> {
        let plain = Bytes::copy_from_slice(&self.text[..length]);
        self.text.drain(..length);
        self.chunks.push(Chunk {
            first: self.first,
            last: self.last,
            nodes: std::mem::take(&mut self.nodes),
            plain_bytes: length,
            body: self.packer.pack(&plain)?,
        });
        self.plain.push(PlainChunk { first: self.first, last: self.last, plain });
        Ok(())
    }
}

/// The text of a chunk that a [`Packer`] has compressed, and that has this many bytes.
pub(super) fn unpack(body: &[u8], plain_bytes: usize) -> Result<Vec<u8>, DbError> {
    zstd::bulk::decompress(body, plain_bytes).map_err(|e| DbError::Shape(format!("log chunk: {e}")))
}
