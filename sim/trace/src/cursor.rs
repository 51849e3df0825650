//! The same answers as a trace's own, cheaper where the questions come in order of time.

use crate::query::first_byte;
use crate::{Now, Trace, Volume};
use weir_units::{Span, Time};

/// How many steps are walked before a search pays.
const NEAR: usize = 16;

/// The last moment that is walked to: behind it, sums of moments might not fit.
const FAR: u64 = u64::MAX / 2;

/// A place in a trace. Its answers are those of [`Trace`], for any question; from one moment to a
/// later one that is near they take constant time.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    trace: &'a Trace,
    here: Here,
}

/// A step in one of the rounds of a trace.
#[derive(Debug, Clone, Copy)]
struct Here {
    index: usize,
    /// When it begins, and when it ends.
    start: u64,
    end: u64,
    /// What was carried before it.
    sum: u128,
}

impl<'a> Cursor<'a> {
    /// At the beginning of a trace.
    pub fn new(trace: &'a Trace) -> Self {
        let end = trace.starts.get(1).copied().unwrap_or(u64::MAX);
        Self { trace, here: Here { index: 0, start: 0, end, sum: 0 } }
    }

    /// As [`Trace::at`].
    pub fn at(&mut self, time: Time) -> Now {
        let Some(here) = self.seek(time) else { return self.trace.at(time) };
        let step = self.trace.steps[here.index];
        let until = if self.is_last(here) { Time::NEVER } else { Time::from_ns(here.end) };
        Now { rate: step.rate, latency: step.latency, until }
    }

    /// What is carried from the beginning of the trace to `time`.
    pub fn total(&mut self, time: Time) -> Volume {
        let Some(here) = self.seek(time) else { return self.trace.carried(Time::ZERO, time) };
        let within = Span::from_ns(time.ns() - here.start);
        let within = self.trace.steps[here.index].rate.carries(within).femtobits();
        Volume::from_femtobits(here.sum + within)
    }

    /// As [`Trace::delivered`].
    pub fn delivered(&mut self, from: Time, volume: Volume) -> Option<Time> {
        let target = self.total(from).femtobits().checked_add(volume.femtobits())?;
        let mut here = self.here;
        for _ in 0..NEAR {
            let (steps, sums) = (&self.trace.steps, &self.trace.sums);
            if volume == Volume::ZERO || here.end > FAR || from.ns() >= here.end {
                break;
            }
            let step = sums[here.index + 1] - sums[here.index];
            if here.sum + step >= target || self.is_last(here) {
                let missing = Volume::from_femtobits(target - here.sum);
                let within = steps[here.index].rate.time_for(missing)?.ns();
                return here.start.checked_add(within).map(Time::from_ns);
            }
            here = self.next(here);
        }
        self.trace.delivered(from, volume)
    }

    /// As [`Trace::answered`].
    pub fn answered(&mut self, time: Time) -> Time {
        first_byte(time, |now| self.at(now))
    }

    /// Whether this step goes on for ever.
    fn is_last(&self, here: Here) -> bool {
        !self.trace.repeats() && here.index + 1 == self.trace.steps.len()
    }

    /// The step at a moment; `None` beyond [`FAR`].
    fn seek(&mut self, time: Time) -> Option<Here> {
        let time = time.ns();
        if time > FAR {
            return None;
        }
        let mut here = self.here;
        for _ in 0..NEAR {
            if time < here.start || here.end > FAR {
                break;
            }
            if time < here.end || self.is_last(here) {
                self.here = here;
                return Some(here);
            }
            here = self.next(here);
        }
        self.here = self.found(time);
        Some(self.here)
    }

    /// The step after one that ends.
    fn next(&self, here: Here) -> Here {
        let (starts, sums) = (&self.trace.starts, &self.trace.sums);
        let sum = here.sum + (sums[here.index + 1] - sums[here.index]);
        let wraps = here.index + 1 == self.trace.steps.len();
        let index = if wraps { 0 } else { here.index + 1 };
        let length = starts[index + 1] - starts[index];
        Here { index, start: here.end, end: here.end.saturating_add(length), sum }
    }

    /// The step at a moment, by searching.
    fn found(&self, time: u64) -> Here {
        let (round, offset) = self.trace.round(Time::from_ns(time));
        let index = self.trace.step_at(offset);
        let (start, end) = (self.trace.starts[index], self.trace.starts[index + 1]);
        let before = round * self.trace.length().ns();
        Here {
            index,
            start: before + start,
            end: before.saturating_add(end),
            sum: u128::from(round) * self.trace.volume().femtobits() + self.trace.sums[index],
        }
    }
}
