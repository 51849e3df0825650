//! Content in the form in which it is measured and checked.

use weir_units::{BitRate, Bytes, Span};

/// A rung: what is declared of it, and what is there.
#[derive(Debug, Clone)]
pub(super) struct Rung {
    pub name: String,
    /// Picture width and height in pixels.
    pub picture: Option<(u64, u64)>,
    pub target: Option<BitRate>,
    pub declared_peak: Option<BitRate>,
    pub target_duration: Option<Span>,
    /// A peak is over what lasts from 0.5 to 1.5 times this.
    pub peak_over: Option<Span>,
    /// All segments that there should be.
    pub segments: Vec<Segment>,
}

/// A segment.
#[derive(Debug, Clone, Default)]
pub(super) struct Segment {
    /// `None` if it is missing.
    pub bytes: Option<Bytes>,
    /// How long it should play.
    pub declared: Span,
    /// Whether its timestamps need not follow upon those of the segment before.
    pub discontinuity: bool,
    /// `None` if it was not looked into, or could not be read.
    pub frames: Option<Frames>,
    /// Why not.
    pub problem: Option<String>,
}

/// The frames of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frames {
    /// Ticks per second.
    pub timescale: u32,
    /// When the first one is decoded, in ticks.
    pub begins: i64,
    /// How long all are decoded, in ticks.
    pub lasts: u64,
    /// When the first one is presented, in ticks.
    pub shows: i64,
    /// Whether the first one is a key frame.
    pub key: bool,
    /// How many there are; at least one.
    pub count: u64,
    /// By how many ticks times may be rounded.
    pub slack: u64,
}

impl Frames {
    /// How long they last.
    pub fn span(&self) -> Span {
        span(self.lasts.into(), self.timescale)
    }

    /// How long one lasts on average.
    pub fn frame(&self) -> Span {
        Span::from_ns(self.span().ns() / self.count.max(1))
    }

    /// How much later than `other` ends this begins, in nanoseconds; zero if it is as little as
    /// roundings explain.
    pub fn gap_after(&self, other: &Self) -> i128 {
        let end = i128::from(other.begins) + i128::from(other.lasts);
        self.difference(self.begins.into(), other, end)
    }

    /// How much later than `other` this is shown, in nanoseconds; zero likewise.
    pub fn shown_after(&self, other: &Self) -> i128 {
        let slack = 1_000_000_000 / i128::from(self.timescale.min(other.timescale).max(1));
        let exact = self.timescale == other.timescale;
        let ns = self.difference(self.shows.into(), other, other.shows.into());
        // A moment of one clock may lie between two ticks of another.
        if !exact && ns.abs() <= slack { 0 } else { ns }
    }

    fn difference(&self, here: i128, other: &Self, there: i128) -> i128 {
        let ticks = here * i128::from(other.timescale) - there * i128::from(self.timescale);
        let slack = i128::from(self.slack.max(other.slack)) * i128::from(other.timescale);
        if ticks.abs() <= slack {
            return 0;
        }
        let scale = (i128::from(self.timescale) * i128::from(other.timescale)).max(1);
        let ns = ticks.saturating_mul(1_000_000_000) / scale;
        // Never zero where there is a difference.
        if ns == 0 { ticks.signum() } else { ns }
    }
}

/// Ticks as a time.
pub(super) fn span(ticks: u128, timescale: u32) -> Span {
    let ns = ticks * 1_000_000_000 / u128::from(timescale.max(1));
    Span::from_ns(u64::try_from(ns).unwrap_or(u64::MAX))
}

/// A length of time for a person, whatever its sign.
pub(super) fn milliseconds(ns: i128) -> String {
    let ns = ns.unsigned_abs();
    // Six decimals where three would show nothing.
    if ns < 1_000 { format!("0.{ns:06} ms") } else { format!("{:.3} ms", ns as f64 / 1e6) }
}
