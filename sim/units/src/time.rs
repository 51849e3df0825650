//! Spans and moments, in whole nanoseconds.

use crate::text::{Kind, quantity_text, unit};

const KIND: Kind = Kind {
    name: "time",
    example: "20 ms",
    units: &[
        unit("ns", 1),
        unit("us", 1_000),
        unit("ms", 1_000_000),
        unit("s", 1_000_000_000),
        crate::text::read_only("min", 60_000_000_000),
        crate::text::read_only("h", 3_600_000_000_000),
    ],
};

/// A length of time in nanoseconds; never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(pub(crate) u64);

quantity_text!(Span, KIND);

/// A moment: nanoseconds since the start of a trial (or of a session, where a doc says so).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub(crate) u64);

quantity_text!(Time, KIND);

impl Span {
    /// No time.
    pub const ZERO: Self = Self(0);
    /// Longer than anything.
    pub const MAX: Self = Self(u64::MAX);

    /// This many nanoseconds.
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns)
    }

    /// This many microseconds; saturates at [`Span::MAX`].
    pub const fn from_us(us: u64) -> Self {
        Self(us.saturating_mul(1_000))
    }

    /// This many milliseconds; saturates at [`Span::MAX`].
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms.saturating_mul(1_000_000))
    }

    /// This many seconds; saturates at [`Span::MAX`].
    pub const fn from_s(s: u64) -> Self {
        Self(s.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds.
    pub const fn ns(self) -> u64 {
        self.0
    }

    /// Whole microseconds, rounded down.
    pub const fn us(self) -> u64 {
        self.0 / 1_000
    }

    /// Whole milliseconds, rounded down.
    pub const fn ms(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Seconds as a floating-point number, for algorithms and statistics.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The nearest span to `secs` seconds; `None` for NaN, negative and too large values.
    pub fn from_secs_f64(secs: f64) -> Option<Self> {
        let ns = (secs * 1e9).round();
        // 2^64 as f64 is exact; everything below it converts without loss of range.
        (0.0..18_446_744_073_709_551_616.0).contains(&ns).then_some(Self(ns as u64))
    }

    /// The sum, or `None` past the range of the type.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` if `other` is longer.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The sum; sums past the range of the type stay at [`Span::MAX`].
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, or zero if `other` is longer.
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `n` times this span, or `None` past the range of the type.
    pub fn checked_mul(self, n: u64) -> Option<Self> {
        self.0.checked_mul(n).map(Self)
    }
}

impl Time {
    /// The start.
    pub const ZERO: Self = Self(0);
    /// Later than anything: a timer that never fires.
    pub const NEVER: Self = Self(u64::MAX);

    /// This many nanoseconds after the start.
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns)
    }

    /// Nanoseconds since the start.
    pub const fn ns(self) -> u64 {
        self.0
    }

    /// Whole microseconds since the start, rounded down.
    pub const fn us(self) -> u64 {
        self.0 / 1_000
    }

    /// The moment `span` later; [`Time::NEVER`] past the range of the type.
    pub fn after(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// How long after `earlier` this is; zero if it is not later.
    pub fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}
