//! Takes terminal escape sequences out of a line, and leaves every other byte as it is. Pure.
//!
//! Sequences after ECMA-48: control sequences (`ESC [`), strings (`ESC ] P X ^ _` up to BEL or `ESC \`), and the short ones.
//! A sequence ends with its line at the latest.

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// Appends the line to `out`, without its escape sequences.
pub fn strip(line: &[u8], out: &mut Vec<u8>) {
    let mut rest = line;
    while let Some(escape) = memchr::memchr(ESC, rest) {
        out.extend_from_slice(&rest[..escape]);
        rest = behind(&rest[escape + 1..]);
    }
    out.extend_from_slice(rest);
}

/// What follows the sequence whose ESC has been read.
fn behind(rest: &[u8]) -> &[u8] {
    match rest.first() {
        Some(b'[') => {
            let parameters = rest[1..].iter().take_while(|b| (b' '..=b'?').contains(*b)).count();
            let end = 1 + parameters;
            // A malformed sequence ends before the byte that doesn't belong to it.
            let has_final = rest.get(end).is_some_and(|b| (b'@'..=b'~').contains(b));
            &rest[end + usize::from(has_final)..]
        }
        Some(b']' | b'P' | b'X' | b'^' | b'_') => behind_string(&rest[1..]),
        Some(b' '..=b'/') => {
            let intermediates = rest.iter().take_while(|b| (b' '..=b'/').contains(*b)).count();
            let has_final = rest.get(intermediates).is_some_and(|b| (b'0'..=b'~').contains(b));
            &rest[intermediates + usize::from(has_final)..]
        }
        Some(b'0'..=b'~') => &rest[1..],
        _ => rest,
    }
}

fn behind_string(rest: &[u8]) -> &[u8] {
    let Some(end) = memchr::memchr2(BEL, ESC, rest) else { return &[] };
    let is_terminator = rest[end] == ESC && rest.get(end + 1) == Some(&b'\\');
    // An ESC that terminates nothing begins the next sequence.
    let skipped = if is_terminator { end + 2 } else { end + usize::from(rest[end] == BEL) };
    &rest[skipped..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stripped(line: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        strip(line, &mut out);
        out
    }

    #[test]
    fn sequences_go_and_everything_else_stays() {
        for (line, plain) in [
            (&b"\x1b[1;31mred\x1b[0m and \x1b[38;2;1;2;3mmore"[..], &b"red and more"[..]),
            (b"a\x1b[2Jb\x1b[10;10Hc\x1b[?25ld", b"abcd"),
            (b"a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c", b"abc"),
            (b"a\x1bP1$r\x1b\\b\x1b(Bc\x1b#8d\x1bce", b"abcde"),
            (b"10 %\r\x1b[K50 %\r", b"10 %\r50 %\r"),
            (b"\xff\x1b[m\xfe\ttab", b"\xff\xfe\ttab"),
            (b"a\x1b[31", b"a"),
            (b"a\x1b", b"a"),
            (b"a\x1b]0;\x1b[1mb", b"ab"),
            (b"plain", b"plain"),
        ] {
            assert_eq!(stripped(line), plain, "{}", String::from_utf8_lossy(line));
        }
    }

    proptest! {
        #[test]
        fn no_escape_is_left_and_nothing_is_added(line in proptest::collection::vec(
            proptest::sample::select(b"\x1b[]P0;m(\\\x07a\xff\r".to_vec()), 0..24)) {
            let plain = stripped(&line);
            prop_assert!(!plain.contains(&ESC));
            let mut rest = line.iter();
            prop_assert!(plain.iter().all(|b| rest.any(|other| other == b)), "{:?}", plain);
        }
    }
}
