//! Puts the built page (`web/dist/app`) into the binary, as a table of files that src/http/page_files.rs includes.
//!
//! Only where debug assertions are off: a debug build reads the files from the folder while it runs, so that a page that
//! was built anew costs no compiling here. It never builds the page itself; `scripts/web.sh` does. Without one the table is empty.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What `vite build` leaves, relative to this file.
const BUILT: &str = "web/dist/app";
/// Always there, so that cargo can watch it before the page was ever built.
const WATCHED: &str = "web/dist";
/// The compressed forms that stand beside a file.
const FORMS: [&str; 2] = ["br", "gz"];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let is_debug = env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_some();
    let mut files = Vec::new();
    if !is_debug {
        println!("cargo:rerun-if-changed={WATCHED}");
        let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(BUILT);
        if folder.is_dir() {
            collect(&folder, &folder, &mut files)?;
        }
        files.sort();
    }
    let table = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("page_files.rs");
    fs::write(table, rust(&files))
}

/// Name below the folder and full path of every file that isn't another one's compressed form.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if !path.extension().is_some_and(|ending| FORMS.iter().any(|form| ending == *form)) {
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            files.push((name, path));
        }
    }
    Ok(())
}

fn rust(files: &[(String, PathBuf)]) -> String {
    let mut table = String::from("const EMBEDDED: &[Embedded] = &[\n");
    for (name, path) in files {
        let form = |ending: &str| {
            let form = PathBuf::from(format!("{}.{ending}", path.display()));
            if form.is_file() { format!("Some(include_bytes!({form:?}))") } else { "None".to_owned() }
        };
        // Writing to a string does not fail.
        let _ = writeln!(
            table,
            "    Embedded {{ name: {name:?}, plain: include_bytes!({path:?}), br: {}, gzip: {} }},",
            form("br"),
            form("gz"),
        );
    }
    table + "];\n"
}
