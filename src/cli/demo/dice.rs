//! Numbers that look random and are the same for the same seed, on every machine and in every version: SplitMix64
//! (Steele, Lea and Flood, 2014). A library's generator may change its numbers with its version.

/// A generator; copies go on from the same place.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// The dice of one run of a seed.
    pub(super) fn new(seed: u64, index: u64) -> Self {
        let mut mixed = Self(seed);
        let first = mixed.next();
        let mut dice = Self(first ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below `bound`, which is small beside 2⁶⁴, so that no number is noticeably likelier.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// From `from` to `to`, both included.
    pub(super) fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from) + 1)
    }

    /// True in `percent` of a hundred cases.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several; there is always at least one.
    pub(super) fn pick<'a, T: ?Sized>(&mut self, first: &'a T, others: &[&'a T]) -> &'a T {
        match usize::try_from(self.below(others.len() as u64 + 1)) {
            Ok(place) if place > 0 => others.get(place - 1).copied().unwrap_or(first),
            _ => first,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_does_not() {
        let numbers = |seed, index| {
            let mut dice = Dice::new(seed, index);
            (0..8).map(|_| dice.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(7, 3), numbers(7, 3));
        assert_ne!(numbers(7, 3), numbers(7, 4));
        assert_ne!(numbers(7, 3), numbers(8, 3));
        // SplitMix64's first number from 0, as published.
        assert_eq!(Dice(0).next(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn bounds_hold() {
        let mut dice = Dice::new(1, 1);
        assert!((0..1_000).all(|_| (3..=5).contains(&dice.between(3, 5))));
        assert!((0..1_000).all(|_| ["a", "b", "c"].contains(&dice.pick("a", &["b", "c"]))));
        assert!(!dice.chance(0) && dice.chance(100));
    }
}
