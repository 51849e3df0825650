//! Bit rates, in whole bits per second.

use crate::text::{Kind, quantity_text, unit};
use crate::{Bytes, OutOfRange, Span};

const KIND: Kind = Kind {
    name: "bit rate",
    example: "5 Mbit/s",
    units: &[
        unit("bit/s", 1),
        unit("kbit/s", 1_000),
        unit("Mbit/s", 1_000_000),
        unit("Gbit/s", 1_000_000_000),
    ],
};

const NS_PER_S: u128 = 1_000_000_000;

/// Bits per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BitRate(pub(crate) u64);

quantity_text!(BitRate, KIND);

impl BitRate {
    /// This many bits per second.
    pub const fn from_bps(bps: u64) -> Self {
        Self(bps)
    }

    /// Bits per second.
    pub const fn bps(self) -> u64 {
        self.0
    }

    /// The time that `bytes` take at this rate, rounded up to the next nanosecond.
    ///
    /// # Errors
    /// At a rate of zero (unless there is nothing to send), and past 584 years.
    pub fn time_for(self, bytes: Bytes) -> Result<Span, OutOfRange> {
        if bytes == Bytes::ZERO {
            return Ok(Span::ZERO);
        }
        let error = OutOfRange("the time that this many bytes take at this rate");
        if self.0 == 0 {
            return Err(error);
        }
        let ns = (u128::from(bytes.0) * 8 * NS_PER_S).div_ceil(u128::from(self.0));
        u64::try_from(ns).map(Span::from_ns).map_err(|_| error)
    }

    /// The whole bytes that pass within `span` at this rate.
    ///
    /// # Errors
    /// Past 2^64 bytes.
    pub fn bytes_in(self, span: Span) -> Result<Bytes, OutOfRange> {
        // At most 2^128 / (8 * 10^9): the product of two u64 fits into u128.
        let bytes = u128::from(self.0) * u128::from(span.ns()) / (8 * NS_PER_S);
        u64::try_from(bytes).map(Bytes).map_err(|_| OutOfRange("the bytes that pass in this time"))
    }

    /// The rate at which `bytes` pass within `span`, rounded down; `None` for an empty span and
    /// past the range of the type.
    pub fn of(bytes: Bytes, span: Span) -> Option<Self> {
        let bits = u128::from(bytes.0) * 8 * NS_PER_S;
        bits.checked_div(u128::from(span.ns())).and_then(|bps| u64::try_from(bps).ok()).map(Self)
    }
}
