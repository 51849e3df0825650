//! What changes while it plays, weighed by the time that it lasts.

use std::collections::BTreeMap;
use weir_units::Span;

/// A span that changes over time: its mean, and its distribution to the millisecond.
#[derive(Debug, Clone, Default)]
pub(super) struct Weighted {
    time: u128,
    /// Twice the sum of span x time, in ns².
    twice: u128,
    /// The time for which it was about so many whole milliseconds.
    bins: BTreeMap<u64, u64>,
}

impl Weighted {
    /// For so long it went evenly from `first` to `last`.
    pub fn add(&mut self, time: Span, first: Span, last: Span) {
        if time == Span::ZERO {
            return;
        }
        let both = u128::from(first.ns()) + u128::from(last.ns());
        self.time += u128::from(time.ns());
        self.twice = self.twice.saturating_add(both.saturating_mul(u128::from(time.ns())));
        let bin = u64::try_from(both / 2_000_000).unwrap_or(u64::MAX);
        let held = self.bins.entry(bin).or_default();
        *held = held.saturating_add(time.ns());
    }

    /// The mean over the time; `None` of no time.
    pub fn mean(&self) -> Option<Span> {
        let mean = (self.twice / 2).checked_div(self.time)?;
        Some(Span::from_ns(u64::try_from(mean).unwrap_or(u64::MAX)))
    }

    /// What it did not exceed for 95 % of the time, rounded down to a millisecond.
    pub fn p95(&self) -> Option<Span> {
        let wanted = (self.time * 95).div_ceil(100);
        let mut held = 0;
        let bin = self.bins.iter().find(|(_, time)| {
            held += u128::from(**time);
            held >= wanted
        });
        bin.map(|(ms, _)| Span::from_ms(*ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_longer_weighs_more() {
        let mut weighted = Weighted::default();
        assert_eq!((weighted.mean(), weighted.p95()), (None, None));
        let ms = Span::from_ms;
        weighted.add(ms(960), ms(3000), ms(3000));
        weighted.add(ms(40), ms(7000), ms(9000));
        assert_eq!((weighted.mean(), weighted.p95()), (Some(ms(3200)), Some(ms(3000))));
        weighted.add(ms(40), ms(7000), ms(9000));
        assert_eq!(weighted.p95(), Some(ms(8000)));
    }
}
