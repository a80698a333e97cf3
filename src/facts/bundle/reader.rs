//! Reads blocks and gives their records: the hash first, then the bounds, then what is in it.

use std::fmt;
use std::io::{ErrorKind, Read};

use super::block::{Digest, HEADER_BYTES, hash, parse};
use super::record::{RECORD_HEADER_BYTES, Record};

/// What is wrong with a bundle, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub block: u64,
    /// Of the block's first byte, in the file.
    pub offset: u64,
    pub detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block {} (byte {}): {}", self.block, self.offset, self.detail)
    }
}

impl std::error::Error for Fault {}

/// Reads one bundle off a file.
pub struct Reader<R> {
    from: R,
    previous: Digest,
    index: u64,
    /// Where the next block begins.
    next_offset: u64,
    /// Where the one that is being read does.
    offset: u64,
    plain: Vec<u8>,
    at: usize,
    is_last: bool,
}

impl<R: Read> Reader<R> {
    pub fn new(from: R) -> Self {
        Self {
            from,
            previous: [0; 32],
            index: 0,
            next_offset: 0,
            offset: 0,
            plain: Vec::new(),
            at: 0,
            is_last: false,
        }
    }

    /// The next record; `None` behind the last one, which is where the file ends too.
    pub fn next_record(&mut self) -> Result<Option<Record>, Fault> {
        while self.at == self.plain.len() {
            if self.is_last {
                return self.end().map(|()| None);
            }
            self.next_block()?;
        }
        let rest = &self.plain[self.at..];
        let (head, rest) = rest
            .split_at_checked(RECORD_HEADER_BYTES)
            .ok_or_else(|| self.fault("a record is cut off by the end of its block"))?;
        let length = u32::from_be_bytes(head[1..].try_into().unwrap_or_default()) as usize;
        let payload = rest.get(..length).ok_or_else(|| self.fault("a record is longer than its block"))?;
        let record = Record::parse(head[0], payload).map_err(|detail| self.fault(detail))?;
        self.at += RECORD_HEADER_BYTES + length;
        Ok(Some(record))
    }

    /// A fault of what the current block says.
    pub fn fault(&self, detail: impl Into<String>) -> Fault {
        Fault { block: self.index.saturating_sub(1), offset: self.offset, detail: detail.into() }
    }

    /// Bytes of the file that were read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.next_offset
    }

    fn next_block(&mut self) -> Result<(), Fault> {
        let fault = |detail: String| Fault { block: self.index, offset: self.next_offset, detail };
        let mut header = [0; HEADER_BYTES];
        read_exact(&mut self.from, &mut header).map_err(&fault)?;
        let block = parse(&header, self.index).map_err(&fault)?;
        let mut packed = vec![0; block.packed];
        read_exact(&mut self.from, &mut packed).map_err(&fault)?;
        if hash(&self.previous, &header, &packed) != block.hash {
            return Err(fault("its bytes are not those that were written: the hash differs".into()));
        }
        let plain = zstd::bulk::decompress(&packed, block.plain)
            .map_err(|error| fault(format!("it can't be unpacked: {error}")))?;
        if plain.len() != block.plain {
            return Err(fault(format!("it unpacks to {} bytes instead of {}", plain.len(), block.plain)));
        }
        if plain.is_empty() && !block.is_last {
            return Err(fault("it is empty".into()));
        }
        self.offset = self.next_offset;
        self.next_offset += (HEADER_BYTES + block.packed) as u64;
        self.index += 1;
        (self.previous, self.plain, self.at, self.is_last) = (block.hash, plain, 0, block.is_last);
        Ok(())
    }

    /// Nothing may follow.
    fn end(&mut self) -> Result<(), Fault> {
        let mut more = [0; 1];
        match self.from.read(&mut more) {
            Ok(0) => Ok(()),
            Ok(_) => Err(Fault {
                block: self.index,
                offset: self.next_offset,
                detail: "something follows the last block".into(),
            }),
            Err(error) => Err(self.fault(format!("the file can't be read: {error}"))),
        }
    }
}

fn read_exact(from: &mut impl Read, into: &mut [u8]) -> Result<(), String> {
    from.read_exact(into).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => "the file ends before its last block does".into(),
        _ => format!("the file can't be read: {error}"),
    })
}
