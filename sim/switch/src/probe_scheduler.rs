//! The probes of one origin: when each begins, and what they came to, in the order in which they
//! began.
//!
//! A probe begins at every interval, whatever became of the one before: an origin that says nothing
//! is then found out as soon as one that refuses, but for the time-out. So several are under way
//! where the time-out is longer than the interval, and a later one may end first. It waits for
//! those before it: probes in a row are those that began in a row.

use crate::follow::{Follower, LiveEdge};
use crate::reading::{Bad, Reading};
use std::collections::VecDeque;
use weir_core::playlist::Date;
use weir_units::{Span, Time};

/// The most probes of an origin that are under way at a time.
pub const MAX_UNDER_WAY: usize = 64;

/// The probes of one origin.
#[derive(Debug)]
pub struct ProbeScheduler {
    interval: Span,
    threshold: Span,
    follower: Follower,
    due: Time,
    /// The number of the oldest probe under way.
    oldest: u64,
    /// From that one on: what each came to, if it has ended.
    under_way: VecDeque<Option<Probe>>,
}

/// What a probe came to by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// From the first request to the last byte, if the origin answered.
    pub took: Option<Span>,
    /// What came, or why nothing did.
    pub result: Result<ProbeResult, Bad>,
}

/// A playlist that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeResult {
    /// When it came.
    pub at: Time,
    /// When that was on the world's clock.
    pub date: Date,
    /// Its end.
    pub edge: LiveEdge,
}

impl ProbeScheduler {
    /// The first begins `now`, the others at intervals from then on; a stream older than the
    /// threshold is stale.
    pub fn new(now: Time, interval: Span, threshold: Span) -> Self {
        let (follower, under_way) = (Follower::default(), VecDeque::new());
        Self { interval, threshold, follower, due: now, oldest: 0, under_way }
    }

    /// When the next one begins.
    pub fn due(&self) -> Time {
        self.due
    }

    /// Begins one, if it is time and fewer than [`MAX_UNDER_WAY`] are under way: its number.
    /// What was missed because nobody asked in time is not made up for.
    pub fn begin(&mut self, now: Time) -> Option<u64> {
        if now < self.due {
            return None;
        }
        while self.due <= now {
            self.due = self.due.after(self.interval.max(Span::from_ns(1)));
        }
        if self.under_way.len() >= MAX_UNDER_WAY {
            return None;
        }
        self.under_way.push_back(None);
        Some(self.oldest + self.under_way.len() as u64 - 1)
    }

    /// Takes note of the end of one. What is known now, the oldest first: of no probe while one
    /// that began before is under way.
    pub fn end(&mut self, number: u64, probe: Probe) -> Vec<Reading> {
        let place = number.checked_sub(self.oldest).and_then(|at| usize::try_from(at).ok());
        if let Some(place) = place.and_then(|at| self.under_way.get_mut(at)) {
            *place = Some(probe);
        }
        let mut readings = Vec::new();
        while let Some(Some(_)) = self.under_way.front() {
            self.oldest += 1;
            let probe = self.under_way.pop_front().flatten();
            readings.extend(probe.map(|probe| self.read(probe)));
        }
        readings
    }

    fn read(&mut self, probe: Probe) -> Reading {
        let result = probe.result.and_then(|seen| {
            let seen = self.follower.read(seen.at, seen.date, &seen.edge);
            if seen.age > self.threshold { Err(Bad::Stale(seen)) } else { Ok(seen) }
        });
        Reading { took: probe.took, result }
    }
}
