//! Amounts of data, in whole bytes.

use crate::text::{Kind, quantity_text, read_only, unit};

const KIND: Kind = Kind {
    name: "size",
    example: "64 kB",
    units: &[
        unit("B", 1),
        unit("kB", 1_000),
        read_only("KiB", 1 << 10),
        unit("MB", 1_000_000),
        read_only("MiB", 1 << 20),
        unit("GB", 1_000_000_000),
        read_only("GiB", 1 << 30),
    ],
};

/// A number of bytes. kB is 1,000 bytes and KiB is 1,024, when read and when printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(pub(crate) u64);

quantity_text!(Bytes, KIND);

impl Bytes {
    /// No bytes.
    pub const ZERO: Self = Self(0);

    /// This many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The sum, or `None` past the range of the type.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}
