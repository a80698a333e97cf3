//! Amounts as people write them: `512MiB` of memory, `1.5` processors.

/// Docker refuses less, since a process would not even start.
const MEMORY_MIN: u64 = 6 << 20;
/// More than any machine of ours; keeps the sum far from overflow.
const MEMORY_MAX: u64 = 1 << 40;
/// How messages describe a good amount of memory.
pub const MEMORY_EXPECTED: &str =
    "an amount of memory such as 512MiB or 1GiB, at least 6MiB and at most 1024GiB";
/// How messages describe a good number of processors.
pub const CPUS_EXPECTED: &str =
    "a number of processors from 0.1 to 64, such as 1.5, with at most three decimals";

/// Bytes; `None` unless `text` is a whole number of KiB, MiB or GiB within the bounds.
#[must_use]
pub fn memory(text: &str) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: u64 = text.get(..digits)?.parse().ok()?;
    let unit: u64 = match &text[digits..] {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(unit).filter(|bytes| (MEMORY_MIN..=MEMORY_MAX).contains(bytes))
}

/// Thousandths of a processor.
#[must_use]
pub fn cpu_millis(text: &str) -> Option<u32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !are_digits(whole) || !are_digits(decimals) || whole.len() > 2 || decimals.len() > 3 {
        return None;
    }
    let thousandths: u32 = format!("{decimals:0<3}").parse().ok()?;
    let millis = whole.parse::<u32>().ok()? * 1_000 + thousandths;
    (100..=64_000).contains(&millis).then_some(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_everything_else_is_refused() {
        assert_eq!(memory("512MiB"), Some(512 << 20));
        assert_eq!(memory("6144KiB"), Some(6 << 20));
        assert_eq!(memory("1024GiB"), Some(1 << 40));
        for bad in
            ["", "512", "512MB", "5MiB", "1025GiB", "1.5GiB", "-1GiB", "1 GiB", "99999999999999999999GiB"]
        {
            assert_eq!(memory(bad), None, "{bad}");
        }
        for (text, millis) in [("0.1", 100), ("1", 1_000), ("1.5", 1_500), ("2.125", 2_125), ("64", 64_000)] {
            assert_eq!(cpu_millis(text), Some(millis), "{text}");
        }
        for bad in ["", "0", "0.05", "64.001", "1.", ".5", "1.2345", "-1", "1e1", "100"] {
            assert_eq!(cpu_millis(bad), None, "{bad}");
        }
    }
}
