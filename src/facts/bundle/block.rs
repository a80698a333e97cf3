//! Blocks: the frames of the file. Each is a zstd frame of its own behind a skippable one that says how long it is and what it
//! must hash to, so that `zstd -d` gives the records, and a flipped byte is found before anything is made of it.

use sha2::{Digest as _, Sha256};

/// A link of the blocks' chain.
pub type Digest = [u8; 32];

/// Records are gathered up to here: enough to compress well, little enough to hold.
pub const BLOCK_PLAIN_BYTES: usize = 256 * 1024;
/// Largest record: a line of 256 KiB, every letter of it escaped, and its bytes in base64 beside.
pub(super) const RECORD_MAX_BYTES: usize = 4 * 1024 * 1024;
/// Largest block before compression: one record over the usual size has a block to itself.
pub(super) const PLAIN_MAX_BYTES: usize = RECORD_MAX_BYTES + 16;
/// Largest block in the file: what does not compress grows a little.
pub(super) const PACKED_MAX_BYTES: usize = PLAIN_MAX_BYTES + 64 * 1024;
/// How much larger than in the file, header included, a block may be. A file of zeros comes to 2,500, and the longest line, all of
/// one letter that needs an escape, to 6,000.
const RATIO_MAX: usize = 8_000;

/// The start of a skippable frame, and the length of what is skipped, both as zstd wants them.
const FRAME: [u8; 8] = [0x54, 0x2a, 0x4d, 0x18, 60, 0, 0, 0];
/// Names the layout; another one gets another number.
const TAG: &[u8; 8] = b"TTBUNDL1";
/// Set on the last block.
const FLAG_LAST: u32 = 1;
/// Of a block's header in the file.
pub(super) const HEADER_BYTES: usize = 68;
/// What the hash covers of it: all but the hash.
const COVERED_BYTES: usize = HEADER_BYTES - 32;

/// A block's header, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockHeader {
    pub index: u64,
    pub packed: usize,
    pub plain: usize,
    pub is_last: bool,
    pub hash: Digest,
}

/// The header of a block, and what the next one's hash begins with.
pub(super) fn header(
    previous: &Digest,
    index: u64,
    plain: usize,
    is_last: bool,
    packed: &[u8],
) -> ([u8; HEADER_BYTES], Digest) {
    let mut bytes = [0; HEADER_BYTES];
    bytes[..8].copy_from_slice(&FRAME);
    bytes[8..16].copy_from_slice(TAG);
    bytes[16..24].copy_from_slice(&index.to_be_bytes());
    // Both are far below the largest number there is room for.
    bytes[24..28].copy_from_slice(&u32::try_from(packed.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes[28..32].copy_from_slice(&u32::try_from(plain).unwrap_or(u32::MAX).to_be_bytes());
    bytes[32..36].copy_from_slice(&(if is_last { FLAG_LAST } else { 0 }).to_be_bytes());
    let hash = hash(previous, &bytes, packed);
    bytes[COVERED_BYTES..].copy_from_slice(&hash);
    (bytes, hash)
}

/// `SHA-256(previous ‖ header without its hash ‖ the zstd frame)`
pub(super) fn hash(previous: &Digest, header: &[u8; HEADER_BYTES], packed: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(&header[..COVERED_BYTES]);
    hasher.update(packed);
    hasher.finalize().into()
}

/// Reads a header; says what is wrong where it is none.
pub(super) fn parse(bytes: &[u8; HEADER_BYTES], index: u64) -> Result<BlockHeader, String> {
    if bytes[..8] != FRAME {
        return Err("no block begins here".into());
    }
    if &bytes[8..15] != &TAG[..7] {
        return Err("this is no telltale bundle".into());
    }
    if bytes[15] != TAG[7] {
        return Err(format!(
            "the layout's version is {:?}, and this program knows `1`",
            char::from(bytes[15])
        ));
    }
    let long = |from: usize| u64::from_be_bytes(bytes[from..from + 8].try_into().unwrap_or_default());
    let short = |from: usize| u32::from_be_bytes(bytes[from..from + 4].try_into().unwrap_or_default());
    let found = long(16);
    if found != index {
        return Err(format!("it is numbered {found} where {index} follows"));
    }
    let (packed, plain, flags) = (short(24) as usize, short(28) as usize, short(32));
    if packed > PACKED_MAX_BYTES || plain > PLAIN_MAX_BYTES {
        return Err(format!("it claims {packed} bytes and {plain} unpacked, more than a block may have"));
    }
    if plain > (HEADER_BYTES + packed).saturating_mul(RATIO_MAX) {
        return Err(format!("it claims to unpack {packed} bytes into {plain}, more than any record does"));
    }
    if flags & !FLAG_LAST != 0 {
        return Err(format!("it has flags ({flags}) that nobody knows"));
    }
    let hash = bytes[COVERED_BYTES..].try_into().unwrap_or_default();
    Ok(BlockHeader { index, packed, plain, is_last: flags & FLAG_LAST != 0, hash })
}
