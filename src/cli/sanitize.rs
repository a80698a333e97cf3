//! Makes text from elsewhere safe for a terminal. Pure.
//!
//! Output of nodes is other people's text: an escape sequence in it could move the cursor, rename the
//! window, answer for the keyboard or hide what stands there. What passes is printable text, tabs and,
//! where wanted, SGR colours (`ESC [ … m`).

/// Longer parameter lists are no colour that anybody chose.
const SGR_MAX_CHARS: usize = 64;
/// A string sequence (OSC, DCS …) without an end swallows at most so much.
const STRING_MAX_CHARS: usize = 4096;
const ESC: char = '\u{1b}';
/// The 8-bit forms of `ESC [` and of the sequences that carry a string.
const CSI: char = '\u{9b}';

/// Whether SGR colours may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colours {
    Keep,
    Drop,
}

/// The line as a terminal would be left showing it: what a carriage return overwrote is gone, and so
/// is every control character and escape sequence but colours.
pub(crate) fn sanitize(line: &str, colours: Colours) -> String {
    let line = shown_part(line);
    // Most lines have nothing to remove.
    if !line.chars().any(is_suspect) {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len());
    let mut coloured = false;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let sequence = match c {
            ESC => match rest.next() {
                Some('[') => control_sequence(&mut rest),
                Some(']' | 'P' | 'X' | '^' | '_') => skip_string(&mut rest),
                // Intermediates (0x20–0x2f) come before the final character, as in `ESC ( B`.
                Some(' '..='/') => skip_escape(&mut rest),
                _ => None,
            },
            CSI => control_sequence(&mut rest),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(&mut rest),
            _ if !is_suspect(c) => {
                out.push(c);
                None
            }
            _ => None,
        };
        if let (Some(parameters), Colours::Keep) = (sequence, colours) {
            out.push_str("\u{1b}[");
            out.push_str(&parameters);
            out.push('m');
            coloured = true;
        }
    }
    if coloured {
        // A colour must not run on into what we print next.
        out.push_str("\u{1b}[0m");
    }
    out
}

/// What is left to see of a line that redrew itself with carriage returns.
fn shown_part(line: &str) -> &str {
    let line = line.trim_end_matches(['\r', '\n']);
    match line.rsplit_once('\r') {
        Some((_, last)) => last,
        None => line,
    }
}

/// Controls (C0, DEL, C1) but the tab, and characters that reorder or break what surrounds them.
fn is_suspect(c: char) -> bool {
    let reorders = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    (c.is_control() && c != '\t') || reorders || breaks
}

/// Reads a control sequence to its end; its parameters when it is a colour.
fn control_sequence(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut parameters = String::new();
    while let Some(&c) = rest.peek() {
        match c {
            ' '..='?' => {
                parameters.push(c);
                rest.next();
            }
            '@'..='~' => {
                rest.next();
                let is_plain = parameters.chars().all(|c| c.is_ascii_digit() || c == ';' || c == ':');
                return (c == 'm' && is_plain && parameters.len() <= SGR_MAX_CHARS).then_some(parameters);
            }
            // Malformed: the sequence ends here and the character counts for itself.
            _ => return None,
        }
    }
    None
}

/// Passes over a string sequence, which BEL, ST or the line's end closes.
fn skip_string(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    for _ in 0..STRING_MAX_CHARS {
        match rest.next() {
            None | Some('\u{7}' | '\u{9c}') => return None,
            Some(ESC) => {
                rest.next_if_eq(&'\\');
                return None;
            }
            Some(_) => {}
        }
    }
    None
}

fn skip_escape(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    while rest.next_if(|c| matches!(c, ' '..='/')).is_some() {}
    rest.next_if(|c| matches!(c, '0'..='~'));
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(line: &str) -> String {
        sanitize(line, Colours::Drop)
    }

    #[test]
    fn colours_pass_where_wanted_and_are_closed() {
        let line = "\x1b[1;31mred\x1b[0m and \x1b[38;2;1;2;3mmore";
        assert_eq!(sanitize(line, Colours::Keep), format!("{line}\x1b[0m"));
        assert_eq!(plain(line), "red and more");
    }

    #[test]
    fn nothing_else_passes() {
        for (line, shown) in [
            ("a\x1b[2Jb\x1b[10;10Hc\x1b[?25ld", "abcd"),
            ("a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c", "abc"),
            ("a\u{9b}2Jb\u{9d}0;t\u{9c}c", "abc"),
            ("a\x1bP1$r\x1b\\b\x1b_x\x1b\\c\x1b(Bd\x1b#8e\x1bcf", "abcdef"),
            ("a\x08b\x00c\x7fd\u{85}e\x07f", "abcdef"),
            ("a\u{202e}b\u{2066}c\u{2028}d", "abcd"),
            ("a\x1b[31", "a"),
            ("a\x1b", "a"),
            ("a\x1b[>4;2mb", "ab"),
            ("tab\there", "tab\there"),
            ("Grüße 🎉 日本", "Grüße 🎉 日本"),
        ] {
            assert_eq!(plain(line), shown, "{line:?}");
            assert_eq!(sanitize(line, Colours::Keep), shown, "{line:?}");
        }
    }

    #[test]
    fn a_progress_bar_shows_as_it_was_left() {
        assert_eq!(plain("10 %\r50 %\r100 %"), "100 %");
        assert_eq!(plain("done\r\n"), "done");
    }

    proptest! {
        #[test]
        fn no_control_ever_survives(line in "\\PC*|(\\x1b|\\[|\\]|m|[0-9;]|\\r|a|\\x{9b}|\\x07|\\x{202e})*") {
            let shown = sanitize(&line, Colours::Drop);
            prop_assert!(shown.chars().all(|c| !is_suspect(c)), "{:?}", shown);
            let coloured = sanitize(&line, Colours::Keep);
            let mut rest = coloured.as_str();
            while let Some((before, after)) = rest.split_once(ESC) {
                prop_assert!(before.chars().all(|c| !is_suspect(c)));
                let end = after.find('m').unwrap();
                prop_assert!(after[1..end].chars().all(|c| c.is_ascii_digit() || c == ';' || c == ':'));
                rest = &after[end + 1..];
            }
        }
    }
}
