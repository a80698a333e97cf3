//! Arbitrary choices that can be repeated: the seed is printed, and `TELLTALE_TEST_SEED` sets it.

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough to choose where to cut.
pub struct Rng(u64);

impl Rng {
    /// A generator whose seed stands in the test's output.
    pub fn new(purpose: &str) -> Self {
        let seed = std::env::var("TELLTALE_TEST_SEED")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
        println!("{purpose}: TELLTALE_TEST_SEED={seed}");
        Self(seed)
    }

    /// A generator for choices that no outcome depends on.
    pub fn unseeded() -> Self {
        Self(uuid::Uuid::new_v4().as_u64_pair().0)
    }

    /// A generator for a task of its own.
    pub fn split(&mut self) -> Self {
        Self(self.next())
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0..bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}
