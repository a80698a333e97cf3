//! Just enough of the tar format (POSIX ustar, pax and GNU names) to hand a container its workspace, and to read
//! the daemon's archives as they come, at constant memory. Names from an archive are only ever compared and shown.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};

/// Everything in a tar archive is a multiple of this.
pub const BLOCK_BYTES: usize = 512;
/// A long name or a pax header; the longest path of Linux has 4 KiB.
const EXTENSION_MAX_BYTES: u64 = 64 * 1024;

/// An archive of one empty directory that anybody may write to; `name` is shorter than 100 bytes.
#[must_use]
pub fn directory(name: &str) -> Vec<u8> {
    let mut header = [0u8; BLOCK_BYTES];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0001777\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, b"00000000000\0");
    put(136, b"00000000000\0");
    put(156, b"5");
    put(257, b"ustar\x0000");
    let sum = checksum(&header);
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    // Two empty blocks end an archive.
    [&header[..], &[0; 2 * BLOCK_BYTES]].concat()
}

/// Counted over the header with spaces in the checksum's own place.
fn checksum(header: &[u8; BLOCK_BYTES]) -> u32 {
    let of = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    of(&header[..148]) + 8 * u32::from(b' ') + of(&header[156..])
}

/// What an entry is, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    Directory,
    /// A link, a device, a fifo.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: Vec<u8>,
    pub kind: Kind,
    pub bytes: u64,
}

/// Reads an archive entry by entry.
pub struct Entries<R> {
    archive: R,
    /// Content of the current entry that has not been read, and the padding behind it.
    content: u64,
    padding: u64,
}

impl<R: AsyncRead + Unpin> Entries<R> {
    pub fn new(archive: R) -> Self {
        Self { archive, content: 0, padding: 0 }
    }

    /// The next entry, skipping what is left of the one before.
    pub async fn next(&mut self) -> std::io::Result<Option<Entry>> {
        let (mut name, mut bytes) = (None, None);
        loop {
            self.skip().await?;
            let mut header = [0u8; BLOCK_BYTES];
            match self.archive.read_exact(&mut header).await {
                // An archive ends with two empty blocks; the daemon's reader needs no more than the first.
                Ok(_) if header.iter().all(|byte| *byte == 0) => return Ok(None),
                Ok(_) => {}
                Err(error) => return Err(error),
            }
            if number(&header[148..156])? != u64::from(checksum(&header)) {
                return Err(broken("a header's checksum is wrong"));
            }
            self.content = number(&header[124..136])?;
            self.padding = padding(self.content);
            match header[156] {
                b'x' => {
                    let records = self.extension().await?;
                    name = pax(&records, b"path").map(<[u8]>::to_vec).or(name);
                    bytes = pax(&records, b"size").and_then(decimal).or(bytes);
                }
                b'L' => {
                    let mut long = self.extension().await?;
                    long.truncate(long.iter().position(|byte| *byte == 0).unwrap_or(long.len()));
                    name = Some(long);
                }
                // Headers for all that follow, and long targets of links: nothing that is needed here.
                b'g' | b'K' => {}
                kind => {
                    self.content = bytes.unwrap_or(self.content);
                    self.padding = padding(self.content);
                    let kind = match kind {
                        b'0' | 0 => Kind::File,
                        b'5' => Kind::Directory,
                        _ => Kind::Other,
                    };
                    let name = name.unwrap_or_else(|| ustar_name(&header));
                    return Ok(Some(Entry { name, kind, bytes: self.content }));
                }
            }
        }
    }

    /// Writes the current entry's content.
    pub async fn copy(&mut self, to: &mut (impl AsyncWrite + Unpin)) -> std::io::Result<u64> {
        let mut content = (&mut self.archive).take(self.content);
        let copied = tokio::io::copy(&mut content, to).await?;
        if copied < self.content {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.content = 0;
        Ok(copied)
    }

    async fn skip(&mut self) -> std::io::Result<()> {
        self.copy(&mut tokio::io::sink()).await?;
        self.content = std::mem::take(&mut self.padding);
        self.copy(&mut tokio::io::sink()).await.map(drop)
    }

    async fn extension(&mut self) -> std::io::Result<Vec<u8>> {
        if self.content > EXTENSION_MAX_BYTES {
            return Err(broken("a name is too long"));
        }
        let mut bytes = Vec::new();
        self.copy(&mut bytes).await?;
        Ok(bytes)
    }
}

fn padding(bytes: u64) -> u64 {
    bytes.next_multiple_of(BLOCK_BYTES as u64) - bytes
}

/// A number in octal, or in GNU's base 256 where the first bit is set.
fn number(field: &[u8]) -> std::io::Result<u64> {
    let value = if field[0] & 0x80 == 0 {
        let digits = field.iter().copied().skip_while(|byte| *byte == b' ');
        digits.take_while(|byte| !matches!(byte, 0 | b' ')).try_fold(0u64, |value, digit| {
            matches!(digit, b'0'..=b'7')
                .then(|| value.checked_mul(8)?.checked_add(u64::from(digit - b'0')))
                .flatten()
        })
    } else {
        let first = u64::from(field[0] & 0x7f);
        field[1..].iter().try_fold(first, |value, byte| value.checked_mul(256)?.checked_add(u64::from(*byte)))
    };
    // Half of what fits, so that no sum of two can overflow.
    value.filter(|value| *value < u64::MAX / 2).ok_or_else(|| broken("a number can't be read"))
}

fn ustar_name(header: &[u8; BLOCK_BYTES]) -> Vec<u8> {
    let text = |field: &[u8]| field.iter().copied().take_while(|byte| *byte != 0).collect::<Vec<u8>>();
    let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
    let has_prefix = header.get(257..263) == Some(b"ustar\0") && !prefix.is_empty();
    if has_prefix { [prefix, name].join(&b'/') } else { name }
}

/// The value of a pax record: `length key=value\n`.
fn pax<'a>(mut records: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let mut found = None;
    while !records.is_empty() {
        let space = records.iter().position(|byte| *byte == b' ')?;
        let length = usize::try_from(decimal(&records[..space])?).ok()?;
        let record = records.get(space + 1..length)?;
        let record = record.strip_suffix(b"\n")?;
        let equals = record.iter().position(|byte| *byte == b'=')?;
        if &record[..equals] == key {
            found = Some(&record[equals + 1..]);
        }
        records = &records[length..];
    }
    found
}

fn decimal(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn broken(what: &str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, format!("broken archive: {what}"))
}

#[cfg(test)]
#[path = "tar_tests.rs"]
mod tests;
