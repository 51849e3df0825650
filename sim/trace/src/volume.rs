//! Exact amounts of data.

use weir_units::Bytes;

/// 10^-15 bit in one bit.
const BIT: u128 = 1_000_000_000_000_000;

/// An exact amount of data in units of 10^-15 bit: what one millionth of a bit per second carries
/// in a nanosecond. Sums and differences of what whole rates carry in whole nanoseconds have no
/// rounding.
///
/// The type holds 3 * 10^23 bits: what [`Rate::MAX`](crate::Rate::MAX) carries in 584 years is
/// 2 * 10^23.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Volume(u128);

impl Volume {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// This many units of 10^-15 bit.
    pub const fn from_femtobits(femtobits: u128) -> Self {
        Self(femtobits)
    }

    /// In units of 10^-15 bit.
    pub const fn femtobits(self) -> u128 {
        self.0
    }

    /// This many bits.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits as u128 * BIT)
    }

    /// The whole bits, rounded down.
    pub const fn bits(self) -> u128 {
        self.0 / BIT
    }

    /// The whole bytes, rounded down; `None` past the range of the type.
    pub fn bytes(self) -> Option<Bytes> {
        u64::try_from(self.0 / (8 * BIT)).ok().map(Bytes::new)
    }

    /// Bits as a floating-point number, for statistics.
    pub fn as_bits_f64(self) -> f64 {
        self.0 as f64 / BIT as f64
    }

    /// The sum, or `None` past the range of the type.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or nothing if `other` is more.
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl From<Bytes> for Volume {
    fn from(bytes: Bytes) -> Self {
        Self(u128::from(bytes.get()) * 8 * BIT)
    }
}
