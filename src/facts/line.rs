//! How long a line of output may be, and where a longer one is cut.

/// A longer line is cut into parts, so that one line can't fill the memory. Far above any line that people read.
pub const LINE_MAX_BYTES: usize = 256 * 1024;

/// How many of the first bytes of a line that is too long make its next part: as many as it may have, but no character is cut.
#[must_use]
pub fn part_length(line: &[u8]) -> usize {
    match line.get(..LINE_MAX_BYTES) {
        Some(start) => whole_characters(start),
        None => line.len(),
    }
}

/// The length of `bytes` without a last UTF-8 character whose end is missing.
fn whole_characters(bytes: &[u8]) -> usize {
    for back in 1..=3.min(bytes.len()) {
        let start = bytes.len() - back;
        let wanted = match bytes[start] {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            0x80..=0xbf => continue,
            _ => return bytes.len(),
        };
        return if wanted > back { start } else { bytes.len() };
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_between_characters_and_binary_anywhere() {
        assert_eq!(part_length(b"short"), 5);
        for character in ["x", "é", "€", "🦀"] {
            let text = "x".to_owned() + &character.repeat(LINE_MAX_BYTES);
            let length = part_length(text.as_bytes());
            assert!(
                text.is_char_boundary(length) && LINE_MAX_BYTES - length < character.len(),
                "{character}"
            );
        }
        assert_eq!(part_length(&[0xbf; LINE_MAX_BYTES + 9]), LINE_MAX_BYTES);
    }
}
