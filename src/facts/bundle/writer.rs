//! Writes records into blocks.

use zstd::bulk::Compressor;

use super::block::{BLOCK_PLAIN_BYTES, Digest, header};
use super::record::{Record, Trailer};

/// As for chunks of lines: higher levels gain little and cost a lot.
const ZSTD_LEVEL: i32 = 3;

/// Gathers records, and gives blocks.
pub struct Writer {
    compressor: Compressor<'static>,
    previous: Digest,
    index: u64,
    plain: Vec<u8>,
}

impl Writer {
    pub fn new() -> std::io::Result<Self> {
        Ok(Self { compressor: Compressor::new(ZSTD_LEVEL)?, previous: [0; 32], index: 0, plain: Vec::new() })
    }

    /// Takes a record; gives the block that it has filled, if any.
    pub fn write(&mut self, record: &Record) -> std::io::Result<Option<Vec<u8>>> {
        let before = self.plain.len();
        record.put(&mut self.plain)?;
        if self.plain.len() <= BLOCK_PLAIN_BYTES || before == 0 {
            return if self.plain.len() > BLOCK_PLAIN_BYTES { self.block(false).map(Some) } else { Ok(None) };
        }
        let last = self.plain.split_off(before);
        let block = self.block(false)?;
        self.plain = last;
        Ok(Some(block))
    }

    /// The trailer and the last block.
    pub fn finish(mut self, trailer: Trailer) -> std::io::Result<Vec<u8>> {
        let mut out = self.write(&Record::Trailer(trailer))?.unwrap_or_default();
        // The trailer is small: it is in here still.
        out.extend(self.block(true)?);
        Ok(out)
    }

    fn block(&mut self, is_last: bool) -> std::io::Result<Vec<u8>> {
        let packed = self.compressor.compress(&self.plain)?;
        let (bytes, hash) = header(&self.previous, self.index, self.plain.len(), is_last, &packed);
        self.previous = hash;
        self.index += 1;
        self.plain.clear();
        Ok([&bytes[..], &packed].concat())
    }
}
