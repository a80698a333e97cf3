//! Archives of GNU tar, read back; and archives that are none.

use std::process::Command;

use proptest::prelude::*;

use super::*;

/// Every entry with its content.
async fn read(archive: &[u8]) -> std::io::Result<Vec<(String, Kind, Vec<u8>)>> {
    let mut entries = Entries::new(archive);
    let mut all = Vec::new();
    while let Some(entry) = entries.next().await? {
        let mut content = Vec::new();
        // Every second one is skipped, to see that it makes no difference.
        if all.len() % 2 == 0 {
            assert_eq!(entries.copy(&mut content).await?, entry.bytes);
        }
        all.push((String::from_utf8(entry.name).unwrap(), entry.kind, content));
    }
    Ok(all)
}

#[tokio::test]
async fn archives_of_gnu_tar_in_both_formats_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let long = format!("{}/{}", "d".repeat(120), "ü".repeat(100));
    std::fs::create_dir(directory.path().join("d".repeat(120))).unwrap();
    let files = [("a", vec![1; 512]), ("b", vec![2; 513]), (long.as_str(), vec![3; 100_000]), ("e", vec![])];
    for (name, content) in &files {
        std::fs::write(directory.path().join(name), content).unwrap();
    }
    std::os::unix::fs::symlink("a", directory.path().join("link")).unwrap();
    for format in ["gnu", "pax"] {
        for order in [["a", "b", &long, "e", "link"], ["link", &long, "a", "e", "b"]] {
            let mut tar = Command::new("tar");
            tar.arg("-C").arg(directory.path()).args(["--format", format, "-c"]).args(order);
            let archive = tar.output().unwrap();
            assert!(archive.status.success(), "{archive:?}");
            let all = read(&archive.stdout).await.unwrap();
            for (index, ((name, kind, content), expected)) in all.iter().zip(order).enumerate() {
                assert_eq!(name, expected);
                let file = files.iter().find(|(name, _)| *name == expected);
                assert_eq!(*kind, if file.is_some() { Kind::File } else { Kind::Other });
                if let (Some((_, expected)), 0) = (file, index % 2) {
                    assert_eq!(content, expected);
                }
            }
            assert_eq!(all.len(), 5);
            assert!(read(&archive.stdout[..archive.stdout.len() / 2]).await.is_err());
        }
    }
}

#[tokio::test]
async fn the_archive_of_a_directory_is_read_back() {
    let all = read(&directory("workspace")).await.unwrap();
    assert_eq!(all, [("workspace".to_owned(), Kind::Directory, Vec::new())]);
    let mut damaged = directory("workspace");
    damaged[0] = b'W';
    assert!(read(&damaged).await.unwrap_err().to_string().contains("checksum"));
    assert!(read(b"").await.is_err());
}

#[test]
fn pax_records_are_read_by_their_length() {
    // A value may hold a line feed; only the length tells.
    let records = b"12 path=a\nb\n13 size=1234\n9 path=c\n";
    assert_eq!(pax(records, b"size"), Some(&b"1234"[..]));
    assert_eq!(pax(records, b"path"), Some(&b"c"[..]));
    assert_eq!(pax(&records[..12], b"path"), Some(&b"a\nb"[..]));
    for broken in [&b"99 size=1\n"[..], b"12 size=1234\n", b"3", b"x size=1\n", b"1 size=1\n"] {
        assert_eq!(pax(broken, b"size"), None);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 512..2048), kind: u8) {
        bytes[156] = kind;
        let mut header = [0; BLOCK_BYTES];
        header.copy_from_slice(&bytes[..BLOCK_BYTES]);
        bytes[148..156].copy_from_slice(format!("{:06o}\0 ", checksum(&header)).as_bytes());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut entries = Entries::new(&bytes[..]);
        while let Ok(Some(_)) = runtime.block_on(entries.next()) {}
    }
}
