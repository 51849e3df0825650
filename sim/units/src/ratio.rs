//! Shares and probabilities, in parts per 10^9.

use crate::text::{Kind, quantity_text, unit};

// "ppb" keeps every value printable as a whole number; "%" is what people write.
const KIND: Kind = Kind {
    name: "ratio",
    example: "1 %",
    units: &[unit("ppb", 1), unit("ppm", 1_000), unit("%", 10_000_000)],
};

/// A share or a probability in parts per 10^9. It may exceed 100 %: the reader of a value that
/// must not (a loss, say) checks that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ratio(pub(crate) u64);

quantity_text!(Ratio, KIND);

impl Ratio {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// 100 %.
    pub const ONE: Self = Self(1_000_000_000);

    /// This many parts per 10^9.
    pub const fn from_ppb(ppb: u64) -> Self {
        Self(ppb)
    }

    /// Parts per 10^9.
    pub const fn ppb(self) -> u64 {
        self.0
    }

    /// As a floating-point number; 1.0 is 100 %.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// As a share of 2^32 - 1, the form of the kernel's probabilities, rounded to the nearest;
    /// `None` above 100 %.
    pub fn to_u32_share(self) -> Option<u32> {
        let one = u128::from(Self::ONE.0);
        let scaled = (u128::from(self.0) * u128::from(u32::MAX) + one / 2) / one;
        u32::try_from(scaled).ok()
    }
}
