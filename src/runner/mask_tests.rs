//! The masker: what is hidden, what is not, and that cuts make no difference.

use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn masker(secrets: &[&str]) -> Masker {
    Masker::new(secrets).unwrap()
}

fn streamed(masker: &Arc<Masker>, chunks: &[&[u8]]) -> Vec<u8> {
    let mut stream = MaskedStream::new(Arc::clone(masker));
    let mut told: Vec<u8> = chunks.iter().flat_map(|chunk| stream.push(chunk).into_owned()).collect();
    told.extend(stream.finish());
    told
}

#[test]
fn a_secret_is_hidden_in_each_of_its_writings() {
    let masker = masker(&["p\"ss wörd/+"]);
    for written in [
        "p\"ss wörd/+",
        r#"p\"ss wörd/+"#,
        r#"p\"ss w\u00f6rd/+"#,
        "p%22ss%20w%C3%B6rd%2F%2B",
        "p%22ss%20w%c3%b6rd%2f%2b",
        "p%22ss+w%C3%B6rd%2F%2B",
    ] {
        assert_eq!(masker.mask_text(&format!("<{written}>")), "<***>", "{written}");
    }
    for before in ["", "u", "us", "user:"] {
        for after in ["", "x", "xy", "xyz"] {
            let encoded = STANDARD.encode(format!("{before}p\"ss wörd/+{after}"));
            let masked = masker.mask_text(&encoded);
            // What is left can't be read back: at most the letters that the neighbours share.
            let left = masked.replace("***", "").len();
            assert!(masked.contains("***") && left <= STANDARD.encode(format!("{before}{after}")).len() + 8);
        }
    }
}

#[test]
fn lines_of_a_secret_are_hidden_one_by_one_and_together() {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADAN\nab\n-----END KEY-----\n";
    let masker = masker(&[key]);
    assert_eq!(masker.mask_text(&format!("a{key}b")), "a***b");
    assert_eq!(masker.mask_text("x MIIEvQIBADAN y"), "x *** y");
    assert_eq!(masker.mask_text("-----BEGIN KEY-----\r\nMIIEvQIBADAN\r\nab\r\n"), "***\r\n***\r\nab\r\n");
    assert_eq!(masker.mask_text("ab and abc"), "ab and abc");
}

#[test]
fn what_is_too_short_is_left_alone_and_debug_tells_nothing() {
    let masker = masker(&["abc", "", "hunter2"]);
    assert_eq!(masker.mask_text("abc hunter2"), "abc ***");
    assert!(!format!("{masker:?}").contains("hunter"));
    assert!(Masker::new(["abc"]).unwrap().is_empty());
}

#[test]
fn json_is_masked_in_names_texts_and_numbers() {
    let masker = masker(&["hunter2", "12345"]);
    let value = json!({"hunter2": ["x hunter2", 12345, 9, null, true, {"a": 0.12345}]});
    assert_eq!(masker.mask_json(&value), json!({"***": ["x ***", "***", 9, null, true, {"a": "0.***"}]}));
    assert_eq!(Masker::default().mask_json(&value), value);
}

#[test]
fn the_longest_of_several_is_meant_and_a_half_waits_for_its_other_half() {
    let masker = Arc::new(masker(&["secret", "secret-and-more"]));
    let mut stream = MaskedStream::new(Arc::clone(&masker));
    assert_eq!(&stream.push(b"say secr")[..], b"say ");
    assert_eq!(&stream.push(b"et-and-")[..], b"");
    assert_eq!(&stream.push(b"mo")[..], b"");
    assert_eq!(&stream.push(b"re\n")[..], b"***\n");
    assert_eq!(&stream.push(b"secret-and-lesson")[..], b"***-and-lesson");
    assert_eq!(&stream.push(b" secret-an")[..], b" ");
    assert_eq!(stream.finish(), b"***-an");
}

#[test]
fn colours_around_and_inside_a_secret_do_not_show_it() {
    let masker = Arc::new(masker(&["hunter22"]));
    let cases = [
        ("\u{1b}[31mhunter22\u{1b}[0m!", "\u{1b}[31m***\u{1b}[0m!"),
        ("a\u{1b}[0mhun\u{1b}[1;31mter\u{1b}[m22\u{1b}[Kb", "a\u{1b}[0m***\u{1b}[Kb"),
        // As it is, it is hidden even where a terminal would take its beginning for the end of a sequence.
        ("\u{1b}[hunter22", "\u{1b}[***"),
        ("hunter\u{1b}22 \u{1b}[31", "hunter\u{1b}22 \u{1b}[31"),
    ];
    for (given, masked) in cases {
        assert_eq!(masker.mask_text(given), masked);
        let bytes: Vec<&[u8]> = given.as_bytes().chunks(1).collect();
        assert_eq!(streamed(&masker, &bytes), masked.as_bytes());
    }
}

proptest! {
    #[test]
    fn any_cuts_give_what_masking_at_once_gives(
        // A small alphabet, so that secrets overlap each other and themselves.
        secrets in proptest::collection::vec("[ab\n]{4,9}", 0..4),
        text in "([abc\n]|\u{1b}(\\[1?m?)?){0,200}",
        cuts in proptest::collection::vec(0usize..200, 0..30),
    ) {
        let masker = Arc::new(Masker::new(&secrets).unwrap());
        let text = text.as_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
        let told = streamed(&masker, &chunks);
        prop_assert_eq!(&told, &masker.mask_bytes(text).into_owned());
        for secret in &secrets {
            prop_assert!(memchr::memmem::find(&told, secret.as_bytes()).is_none());
        }
    }

    #[test]
    fn nothing_is_held_that_can_be_no_secret(text in "[abc\n]{0,100}") {
        let masker = Arc::new(masker(&["abcabcabd"]));
        let mut stream = MaskedStream::new(Arc::clone(&masker));
        let told = stream.push(text.as_bytes()).len() + stream.held.len();
        prop_assert!(stream.held.is_empty() || b"abcabcabd".starts_with(&stream.held[..]));
        prop_assert_eq!(told, text.len() - 6 * text.matches("abcabcabd").count());
    }
}
