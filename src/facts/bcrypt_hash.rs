//! Passwords as bcrypt keeps them: brought from another system, and good until their user's first sign-in here.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::Deserialize;

use super::id::InvalidId;

/// Costs that are taken, each twice the work of the one before: bcrypt's own least, and what still answers within seconds when
/// two are computed at once.
pub const COSTS: RangeInclusive<u32> = 4..=14;

/// The variants that compute the same; `$2x$` is that of an old mistake.
const VARIANTS: [&str; 3] = ["$2a$", "$2b$", "$2y$"];
/// 22 letters of salt and 31 of the hash.
const SECRET_LETTERS: usize = 53;

/// `$2b$12$` and what follows, as it was stored.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct BcryptHash {
    text: String,
    cost: u32,
}

impl BcryptHash {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The power of two that its rounds are.
    #[must_use]
    pub fn cost(&self) -> u32 {
        self.cost
    }
}

impl FromStr for BcryptHash {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let of_secret = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
        let read = || {
            let rest = VARIANTS.iter().find_map(|variant| text.strip_prefix(variant))?;
            let (cost, secret) = rest.split_once('$')?;
            let is_number = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
            let cost: u32 = cost.parse().ok().filter(|_| is_number)?;
            let is_secret = secret.len() == SECRET_LETTERS && secret.bytes().all(of_secret);
            (is_secret && COSTS.contains(&cost)).then_some(cost)
        };
        let cost =
            read().ok_or(InvalidId("a bcrypt hash is $2b$, a cost from 04 to 14, $, and 53 letters"))?;
        Ok(Self { text: text.to_owned(), cost })
    }
}

impl TryFrom<String> for BcryptHash {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

/// Never shown: who has it can guess at leisure.
impl fmt::Debug for BcryptHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BcryptHash").field("cost", &self.cost).finish_non_exhaustive()
    }
}

/// The costs of further bcrypt computations that make the work of one at `cost`, or of none, that of one at `highest`.
#[must_use]
pub fn costs_left(cost: Option<u32>, highest: u32) -> Vec<u32> {
    match cost {
        // 2^c + 2^c + 2^(c+1) + … + 2^(highest-1) = 2^highest
        Some(cost) => (cost..highest).collect(),
        None => vec![highest],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "abcdefghijklmnopqrstuu5Lo0g67CiD3M4RpN1BmBb4Crp5w7dbK";

    #[test]
    fn hashes_of_all_programs_are_read_and_never_shown() {
        for variant in VARIANTS {
            let hash: BcryptHash = format!("{variant}12${SECRET}").parse().unwrap();
            assert_eq!(hash.cost(), 12);
            assert!(!format!("{hash:?}").contains(&SECRET[..8]));
        }
        for bad in [
            String::new(),
            format!("$2x$12${SECRET}"),
            format!("$2b$03${SECRET}"),
            format!("$2b$15${SECRET}"),
            format!("$2b$9${SECRET}"),
            format!("$2b$+9${SECRET}"),
            format!("$2b$12${}", &SECRET[1..]),
            format!("$2b$12${}$", &SECRET[1..]),
            "$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA".to_owned(),
        ] {
            assert!(bad.parse::<BcryptHash>().is_err(), "{bad}");
        }
    }

    #[test]
    fn every_sign_in_is_the_work_of_the_dearest() {
        let work = |cost: Option<u32>| {
            let left = costs_left(cost, 12).into_iter().map(|cost| 1_u64 << cost).sum::<u64>();
            left + cost.map_or(0, |cost| 1 << cost)
        };
        for cost in [None, Some(4), Some(10), Some(12)] {
            assert_eq!(work(cost), 1 << 12, "{cost:?}");
        }
        assert_eq!(costs_left(Some(13), 12), Vec::<u32>::new());
    }
}
