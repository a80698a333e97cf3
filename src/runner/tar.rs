//! Just enough of the tar format (POSIX ustar) to hand a container its workspace and take one file back.

/// Everything in a tar archive is a multiple of this.
pub const BLOCK_BYTES: usize = 512;

/// An archive of one empty directory that anybody may write to; `name` is shorter than 100 bytes.
#[must_use]
pub fn directory(name: &str) -> Vec<u8> {
    let mut header = [0u8; BLOCK_BYTES];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0001777\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, b"00000000000\0");
    put(136, b"00000000000\0");
    // The checksum is counted over the header with spaces in its own place.
    put(148, b"        ");
    put(156, b"5");
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    // Two empty blocks end an archive.
    [&header[..], &[0; 2 * BLOCK_BYTES]].concat()
}

/// The content of the first entry, when it is a regular file and whole.
#[must_use]
pub fn first_file(archive: &[u8]) -> Option<&[u8]> {
    let header = archive.get(..BLOCK_BYTES)?;
    if !matches!(header[156], b'0' | 0) {
        return None;
    }
    let size = std::str::from_utf8(&header[124..136]).ok()?.trim_matches(['\0', ' ']);
    let size = usize::from_str_radix(size, 8).ok()?;
    archive.get(BLOCK_BYTES..)?.get(..size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_regular_files_are_taken() {
        let mut archive = directory("x");
        assert_eq!(first_file(&archive), None);
        archive[156] = b'0';
        archive[124..136].copy_from_slice(b"00000000003\0");
        archive[BLOCK_BYTES..BLOCK_BYTES + 3].copy_from_slice(b"abc");
        assert_eq!(first_file(&archive), Some(&b"abc"[..]));
        assert_eq!(first_file(&archive[..BLOCK_BYTES + 2]), None);
        assert_eq!(first_file(b""), None);
    }
}
