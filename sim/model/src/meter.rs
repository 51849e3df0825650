//! What links have carried, interval by interval.

use weir_trace::Volume;
use weir_units::{Span, Time};

/// Reads what links have carried, interval by interval.
#[derive(Debug)]
pub(crate) struct Meter {
    every: Span,
    /// The end of the interval that goes on.
    next: Time,
    interval: usize,
    carried: Vec<Vec<Volume>>,
}

impl Meter {
    /// No interval is shorter: reading takes time that is linear in the flows.
    pub const SHORTEST: Span = Span::from_ms(1);

    /// A meter of so many links.
    pub fn new(every: Span, links: usize) -> Self {
        let every = every.max(Self::SHORTEST);
        let next = Time::ZERO.after(every);
        Self { every, next, interval: 0, carried: vec![Vec::new(); links] }
    }

    /// When it is to be read next.
    pub fn next(&self) -> Time {
        self.next
    }

    /// Counts what these links have carried in the interval that goes on.
    pub fn count(&mut self, links: impl Iterator<Item = usize>, volume: Volume) {
        if volume == Volume::ZERO {
            return;
        }
        for link in links {
            let Some(intervals) = self.carried.get_mut(link) else { continue };
            if intervals.len() <= self.interval {
                intervals.resize(self.interval + 1, Volume::ZERO);
            }
            // No link carries more than the type holds.
            let sum = intervals[self.interval].checked_add(volume);
            intervals[self.interval] = sum.unwrap_or(volume);
        }
    }

    /// Goes on to the next interval.
    pub fn turn(&mut self) {
        self.next = self.next.after(self.every);
        self.interval += 1;
    }

    /// All that it has read: link by link, interval by interval, up to the last one in which
    /// something was carried.
    pub fn into_carried(self) -> Vec<Vec<Volume>> {
        self.carried
    }
}
