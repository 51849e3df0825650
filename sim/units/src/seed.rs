//! The origins of random streams.

use std::fmt;

/// The origin of random streams. Every part of a trial that draws random numbers owns a seed that
/// is derived from its parent's by a label, so that adding a part changes no other part's stream.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Seed(u64);

impl Seed {
    /// This seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The 64 bits.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The seed of the part called `label`: FNV-1a over the label, starting from this seed, and
    /// then the finalizer of splitmix64 (Steele, Lea, Flood: OOPSLA 2014), which spreads every
    /// input bit over all output bits.
    #[must_use]
    pub fn derive(self, label: &str) -> Self {
        let start = mix(self.0 ^ 0xcbf2_9ce4_8422_2325);
        let hash = label
            .bytes()
            .fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(mix(hash.wrapping_add(0x9e37_79b9_7f4a_7c15)))
    }

    /// A number below `bound`, drawn from this seed alone: the high half of a 128-bit product,
    /// whose bias is at most `bound` / 2^64. Zero for a bound of zero.
    pub fn below(self, bound: u64) -> u64 {
        ((u128::from(mix(self.0)) * u128::from(bound)) >> 64) as u64
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl std::str::FromStr for Seed {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
