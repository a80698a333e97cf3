//! What a content's first bytes say of its media type, held against the one that it is declared to have.
//!
//! Knows the types whose every file begins in a known way, as their specifications have it; of all others, text above all, any
//! content may be one. It names what a file claims to be and is not: whether it is a sound one only its reader finds out.

use std::fmt;

/// How much of the beginning is looked at: a PDF's header may stand anywhere in its first 1,024 bytes (ISO 32000-1, annex H.3.4.1).
pub const HEAD_BYTES: usize = 1024;

/// A way in which files begin.
#[derive(Debug, Clone, Copy)]
enum Mark {
    /// With these bytes.
    At(usize, &'static [u8]),
    /// With both.
    Both(&'static [u8], usize, &'static [u8]),
    /// With these somewhere in [`HEAD_BYTES`].
    Within(&'static [u8]),
}
use Mark::{At, Both, Within};

/// A kind of content: the types that mean it, the usual one first, and the ways in which it begins.
struct Kind {
    types: &'static [&'static str],
    marks: &'static [Mark],
}

/// Boxes of ISO 14496-12 begin with their length; the first is `ftyp`, and the brand follows.
const BRAND: usize = 8;

const ZIP: Kind = Kind {
    types: &["application/zip", "application/x-zip-compressed", "application/java-archive"],
    // A file, nothing at all, or the first of several parts.
    marks: &[At(0, b"PK\x03\x04"), At(0, b"PK\x05\x06"), At(0, b"PK\x07\x08")],
};

const KINDS: &[Kind] = &[
    Kind { types: &["image/png"], marks: &[At(0, b"\x89PNG\r\n\x1a\n")] },
    Kind { types: &["image/jpeg", "image/jpg", "image/pjpeg"], marks: &[At(0, b"\xff\xd8\xff")] },
    Kind { types: &["image/gif"], marks: &[At(0, b"GIF87a"), At(0, b"GIF89a")] },
    Kind { types: &["image/webp"], marks: &[Both(b"RIFF", 8, b"WEBP")] },
    Kind { types: &["image/bmp", "image/x-ms-bmp"], marks: &[At(0, b"BM")] },
    Kind {
        types: &["image/tiff"],
        marks: &[At(0, b"II*\0"), At(0, b"MM\0*"), At(0, b"II+\0"), At(0, b"MM\0+")],
    },
    Kind {
        types: &["image/avif"],
        marks: &[At(BRAND - 4, b"ftypavif"), At(BRAND - 4, b"ftypavis"), At(BRAND - 4, b"ftypmif1")],
    },
    Kind { types: &["application/pdf", "application/x-pdf"], marks: &[Within(b"%PDF-")] },
    ZIP,
    Kind {
        types: &["application/gzip", "application/x-gzip", "application/x-compressed-tar"],
        marks: &[At(0, b"\x1f\x8b")],
    },
    Kind { types: &["application/x-bzip2", "application/bzip2"], marks: &[At(0, b"BZh")] },
    Kind { types: &["application/x-xz", "application/xz"], marks: &[At(0, b"\xfd7zXZ\0")] },
    // A frame, or one that decoders skip (RFC 8878, 3.1.2).
    Kind { types: &["application/zstd"], marks: &[At(0, b"\x28\xb5\x2f\xfd"), At(1, b"\x2a\x4d\x18")] },
    Kind { types: &["application/x-7z-compressed"], marks: &[At(0, b"7z\xbc\xaf\x27\x1c")] },
    Kind { types: &["application/wasm"], marks: &[At(0, b"\0asm")] },
    Kind {
        types: &["application/vnd.sqlite3", "application/x-sqlite3"],
        marks: &[At(0, b"SQLite format 3\0")],
    },
];

/// Types that are a ZIP archive of something (RFC 6839; ECMA-376, part 2; OpenDocument 1.2, part 3).
const ZIPPED: [&str; 2] =
    ["application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument."];

/// A content that is not what it is declared to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mislabelled {
    declared: String,
    /// What it begins like, where that is known.
    found: Option<&'static str>,
    is_empty: bool,
}

impl fmt::Display for Mislabelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the content is no {}: ", self.declared)?;
        match self.found {
            _ if self.is_empty => f.write_str("it is empty"),
            Some(found) => write!(f, "it begins like {found}"),
            None => f.write_str("it begins otherwise"),
        }
    }
}

impl Mark {
    fn fits(self, head: &[u8]) -> bool {
        let at = |place: usize, bytes: &[u8]| head.get(place..).is_some_and(|rest| rest.starts_with(bytes));
        match self {
            At(place, bytes) => at(place, bytes),
            Both(first, place, bytes) => at(0, first) && at(place, bytes),
            Within(bytes) => memchr::memmem::find(&head[..head.len().min(HEAD_BYTES)], bytes).is_some(),
        }
    }
}

impl Kind {
    fn fits(&self, head: &[u8]) -> bool {
        self.marks.iter().any(|mark| mark.fits(head))
    }
}

fn declared_kind(essence: &str) -> Option<&'static Kind> {
    if essence.ends_with("+zip") || ZIPPED.iter().any(|beginning| essence.starts_with(beginning)) {
        return Some(&ZIP);
    }
    KINDS.iter().find(|kind| kind.types.contains(&essence))
}

/// Holds the first [`HEAD_BYTES`] of a content, or all of a shorter one, against its declared type.
pub fn check(declared: &str, head: &[u8]) -> Result<(), Mislabelled> {
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match declared_kind(&essence) {
        Some(kind) if !kind.fits(head) => {
            let found = KINDS.iter().find(|kind| kind.fits(head)).map(|kind| kind.types[0]);
            Err(Mislabelled { declared: essence, found, is_empty: head.is_empty() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_what_it_says_passes() {
        let late_pdf = [&[b'\n'; 900] as &[u8], b"%PDF-1.7"].concat();
        for (declared, head) in [
            ("image/png", b"\x89PNG\r\n\x1a\n\0\0" as &[u8]),
            ("IMAGE/JPEG; q=1", b"\xff\xd8\xff\xe0"),
            ("image/webp", b"RIFF\x10\0\0\0WEBPVP8 "),
            ("image/avif", b"\0\0\0\x1cftypavif"),
            ("application/pdf", &late_pdf),
            ("application/zip", b"PK\x05\x06\0\0"),
            ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
            ("application/epub+zip", b"PK\x03\x04"),
            ("application/gzip", b"\x1f\x8b\x08"),
            ("application/zstd", b"\x50\x2a\x4d\x18"),
        ] {
            assert_eq!(check(declared, head), Ok(()), "{declared}");
        }
    }

    #[test]
    fn any_content_may_be_text_or_of_no_known_type() {
        for declared in
            ["text/plain; charset=utf-8", "application/json", "image/svg+xml", "", "application/octet-stream"]
        {
            for head in [b"" as &[u8], b"\x89PNG\r\n\x1a\n", b"\0"] {
                assert_eq!(check(declared, head), Ok(()), "{declared}");
            }
        }
    }

    #[test]
    fn what_is_not_is_told_what_it_seems_to_be() {
        for (declared, head, said) in [
            (
                "image/png",
                b"%PDF-1.7" as &[u8],
                "the content is no image/png: it begins like application/pdf",
            ),
            ("Application/PDF; a=b", b"<html>", "the content is no application/pdf: it begins otherwise"),
            ("application/gzip", b"", "the content is no application/gzip: it is empty"),
            ("image/webp", b"RIFF\x10\0\0\0WAVE", "the content is no image/webp: it begins otherwise"),
            ("image/jpg", b"\xff\xd8", "the content is no image/jpg: it begins otherwise"),
        ] {
            assert_eq!(check(declared, head).unwrap_err().to_string(), said);
        }
    }
}
