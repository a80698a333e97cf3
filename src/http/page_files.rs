//! The files of the built page, and which of them answers a path below `/ui/`.
//!
//! A release binary carries them (build.rs put them into [`EMBEDDED`]). A debug build reads `web/dist/app` of its own
//! checkout each time instead. Nothing outside of these two is ever served.

use std::path::{Component, Path};

use bytes::Bytes;

/// A file of the page inside the binary, in the forms in which it is sent.
struct Embedded {
    name: &'static str,
    plain: &'static [u8],
    br: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/page_files.rs"));

/// The document that all of the page's own addresses lead to.
pub const INDEX: &str = "index.html";
/// Files in here carry a digest of their content in their names.
const HASHED: &str = "assets/";
/// Where a debug build finds the page.
#[cfg(debug_assertions)]
const FOLDER: Option<&str> = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist/app"));
#[cfg(not(debug_assertions))]
const FOLDER: Option<&str> = None;

/// How a body is compressed, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Brotli,
    Gzip,
    Plain,
}

impl Coding {
    /// What the client said it takes, best first; the plain form always.
    pub fn accepted(accept_encoding: &str) -> Vec<Self> {
        let takes = |name: &str| {
            accept_encoding.split(',').any(|choice| {
                let mut parts = choice.split(';').map(str::trim);
                let is_named = parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case(name));
                let is_refused = parts.any(|part| {
                    part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0)
                });
                is_named && !is_refused
            })
        };
        let mut accepted = Vec::with_capacity(3);
        if takes("br") {
            accepted.push(Self::Brotli);
        }
        if takes("gzip") {
            accepted.push(Self::Gzip);
        }
        accepted.push(Self::Plain);
        accepted
    }

    /// The word of `Content-Encoding`; `None` for the plain form.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Plain => None,
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Plain => "",
        }
    }
}

/// The name of the file that answers `path`, which is relative to `/ui/`. Paths that look like files are nothing else:
/// an asset that is missing must not be answered with a document. All others are addresses inside the page.
pub fn name_for(path: &str) -> &str {
    let is_file = path.starts_with(HASHED) || (path.contains('.') && !path.contains('/'));
    if is_file { path } else { INDEX }
}

/// Whether the file of this name never changes.
pub fn is_immutable(name: &str) -> bool {
    name.starts_with(HASHED)
}

/// The file in the first of the wanted codings that there is.
pub async fn read(name: &str, wanted: &[Coding]) -> Option<(Coding, Bytes)> {
    if let Some(file) = EMBEDDED.iter().find(|file| file.name == name) {
        return wanted.iter().find_map(|coding| {
            let bytes = match coding {
                Coding::Brotli => file.br,
                Coding::Gzip => file.gzip,
                Coding::Plain => Some(file.plain),
            };
            Some((*coding, Bytes::from_static(bytes?)))
        });
    }
    read_from(Path::new(FOLDER?), name, wanted).await
}

async fn read_from(folder: &Path, name: &str, wanted: &[Coding]) -> Option<(Coding, Bytes)> {
    if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    for coding in wanted {
        let path = folder.join(format!("{name}{}", coding.ending()));
        if let Ok(bytes) = tokio::fs::read(path).await {
            return Some((*coding, bytes.into()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_coding_that_the_client_takes_comes_first() {
        use Coding::{Brotli, Gzip, Plain};
        for (said, accepted) in [
            ("gzip, deflate, br, zstd", &[Brotli, Gzip, Plain] as &[Coding]),
            ("br;q=0, GZIP;q=0.5", &[Gzip, Plain]),
            ("brotli", &[Plain]),
            ("", &[Plain]),
        ] {
            assert_eq!(Coding::accepted(said), accepted, "{said}");
        }
    }

    #[test]
    fn addresses_inside_the_page_are_its_document_and_files_are_themselves() {
        for path in ["", "runs/run-1.2.js", "workflows", "workflows/données", "runs/a/b", "nowhere"] {
            assert_eq!(name_for(path), INDEX, "{path}");
        }
        for path in ["assets/gone.js", "assets/sub/gone.css", "theme.js", "favicon.ico", "../Cargo.toml"] {
            let is_document = name_for(path) == INDEX;
            assert_eq!(is_document, path.starts_with(".."), "{path}");
        }
    }

    #[tokio::test]
    async fn nothing_outside_of_the_folder_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("app");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(folder.path().join("secret.txt"), "no").unwrap();
        std::fs::write(inside.join("there.txt"), "yes").unwrap();
        std::fs::write(inside.join("there.txt.gz"), "y").unwrap();
        let both = [Coding::Gzip, Coding::Plain];
        assert_eq!(
            read_from(&inside, "there.txt", &both).await,
            Some((Coding::Gzip, Bytes::from_static(b"y")))
        );
        let absolute = folder.path().join("secret.txt").display().to_string();
        for name in ["", "..", "../secret.txt", "x/../../secret.txt", &absolute, "gone.txt"] {
            assert_eq!(read_from(&inside, name, &both).await, None, "{name}");
        }
    }
}
