//! Chance that can be repeated: the same seed gives the same numbers.

/// A source of numbers (splitmix64), good enough to choose what a test does next.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The source of that seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed that the variable gives, else another with each run.
    ///
    /// A test prints it, so that a failure can be repeated.
    pub fn seed(variable: &str) -> u64 {
        let given = std::env::var(variable).ok().map(|text| text.parse());
        given.map_or_else(
            || {
                let since = std::time::UNIX_EPOCH.elapsed().unwrap();
                // As few digits as a person likes to copy.
                u64::from(since.subsec_nanos() ^ std::process::id()) % 1_000_000
            },
            |seed| seed.expect("a seed is a number"),
        )
    }

    /// A source of its own, for somebody who draws beside others.
    pub fn branch(&mut self) -> Self {
        Self(self.next())
    }

    /// A number from 0 to `bound` - 1.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// Whether something happens that happens so often in a hundred times.
    pub fn percent(&mut self, often: usize) -> bool {
        self.below(100) < often
    }

    /// One of these, if there are any.
    pub fn one_of<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.below(from.len())].clone())
    }

    /// That many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
