//! The snappy block format, read: <https://github.com/google/snappy/blob/main/format_description.txt>.

/// More than any push that is accepted, so that a wrong length can't ask for all memory.
const LONGEST: usize = 256 << 20;

/// The bytes behind a compressed block.
pub fn unpacked(mut input: &[u8]) -> Option<Vec<u8>> {
    let length = usize::try_from(varint(&mut input)?).ok().filter(|length| *length <= LONGEST)?;
    let mut out = Vec::with_capacity(length);
    while let Some((&tag, rest)) = input.split_first() {
        input = rest;
        match tag & 3 {
            0 => {
                let inline = usize::from(tag >> 2);
                let size = if inline < 60 { inline } else { little(&mut input, inline - 59)? } + 1;
                out.extend_from_slice(take(&mut input, size)?);
            }
            1 => {
                let high = usize::from(tag >> 5) << 8;
                let offset = high | little(&mut input, 1)?;
                copy(&mut out, offset, usize::from((tag >> 2) & 7) + 4)?;
            }
            kind => {
                let offset = little(&mut input, if kind == 2 { 2 } else { 4 })?;
                copy(&mut out, offset, usize::from(tag >> 2) + 1)?;
            }
        }
    }
    (out.len() == length).then_some(out)
}

/// Repeats what was written `offset` bytes ago; the copy may run into what it writes.
fn copy(out: &mut Vec<u8>, offset: usize, length: usize) -> Option<()> {
    let from = out.len().checked_sub(offset).filter(|_| offset > 0)?;
    if offset >= length {
        out.extend_from_within(from..from + length);
    } else {
        for place in from..from + length {
            out.push(out[place]);
        }
    }
    Some(())
}

fn take<'a>(input: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
    let (taken, rest) = input.split_at_checked(size)?;
    *input = rest;
    Some(taken)
}

fn little(input: &mut &[u8], bytes: usize) -> Option<usize> {
    Some(take(input, bytes)?.iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte)))
}

/// A number in groups of seven bits, the lowest first; protobuf writes its own the same way.
pub fn varint(input: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(input, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
