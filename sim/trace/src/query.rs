//! What a network engine asks of a trace. Every answer is exact, or rounded up to the nanosecond.

use crate::{Rate, Step, Trace, Volume};
use weir_units::{Span, Time};

/// A trace at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The rate.
    pub rate: Rate,
    /// The time from a request to its first byte, where the trace tells it.
    pub latency: Option<Span>,
    /// When the next step begins; [`Time::NEVER`] in a last step that goes on for ever.
    pub until: Time,
}

/// A unit of latency as [`Trace::answered`] counts it.
const UNIT: u128 = 1 << 64;

impl Trace {
    /// The trace at `time`: of two steps that meet there, the later one. Takes logarithmic time.
    pub fn at(&self, time: Time) -> Now {
        let (round, offset) = self.round(time);
        let index = self.step_at(offset);
        let end = self.starts.get(index + 1).copied().unwrap_or(u64::MAX);
        let last = index + 1 == self.steps.len();
        let until = match self.length().ns().checked_mul(round).and_then(|at| at.checked_add(end)) {
            Some(until) if self.repeats() || !last => Time::from_ns(until),
            _ => Time::NEVER,
        };
        let Step { rate, latency, .. } = self.step(index);
        Now { rate, latency, until }
    }

    /// What is carried from one moment to a later one; nothing if `to` is not later. Exact. Takes
    /// logarithmic time.
    pub fn carried(&self, from: Time, to: Time) -> Volume {
        Volume::from_femtobits(self.total(to).saturating_sub(self.total(from)))
    }

    /// The first moment, in whole nanoseconds, at which at least `volume` has been carried since
    /// `from`; `None` if that never happens or happens after 584 years. Takes logarithmic time.
    pub fn delivered(&self, from: Time, volume: Volume) -> Option<Time> {
        if volume == Volume::ZERO {
            return Some(from);
        }
        let target = self.total(from).checked_add(volume.femtobits())?;
        let whole = self.volume().femtobits();
        // A target that is reached exactly at the end of a round belongs to that round.
        let rounds = if self.repeats() { (target - 1) / whole } else { 0 };
        let target = target - rounds * whole;
        // The first step at whose end the target is reached, or the last one, which goes on.
        let reached = self.sums.partition_point(|&sum| sum < target);
        let index = reached.saturating_sub(1).min(self.steps.len() - 1);
        let missing = Volume::from_femtobits(target - self.sums.get(index).copied().unwrap_or(0));
        let within = self.step(index).rate.time_for(missing)?.ns();
        let start = self.starts.get(index).copied().unwrap_or(0);
        let base = u64::try_from(rounds).ok()?.checked_mul(self.length().ns())?;
        base.checked_add(start)?.checked_add(within).map(Time::from_ns)
    }

    /// When the first byte of what is requested at `time` arrives, as Sabre counts it: a request
    /// waits for one unit of latency, of which each step consumes the share that fits into it. In a
    /// trace without latencies that is at once. The answer is rounded up to the nanosecond; the
    /// shares are kept to 2^-64.
    pub fn answered(&self, time: Time) -> Time {
        first_byte(time, |now| self.at(now))
    }

    /// What is carried from the start to `time`, in units of a [`Volume`].
    fn total(&self, time: Time) -> u128 {
        let (round, offset) = self.round(time);
        let index = self.step_at(offset);
        let start = self.starts.get(index).copied().unwrap_or(0);
        let before = self.sums.get(index).copied().unwrap_or(0);
        let within = self.step(index).rate.carries(Span::from_ns(offset - start)).femtobits();
        // At most what the highest rate carries in all nanoseconds: see `Volume`.
        u128::from(round) * self.volume().femtobits() + before + within
    }

    /// How often the trace was over before `time`, and how far it is then. One that does not repeat
    /// is in its last step for ever.
    pub(crate) fn round(&self, time: Time) -> (u64, u64) {
        let length = self.length().ns();
        if self.repeats() { (time.ns() / length, time.ns() % length) } else { (0, time.ns()) }
    }

    /// The step at an offset: the last one that has begun.
    pub(crate) fn step_at(&self, offset: u64) -> usize {
        let begun = self.starts.partition_point(|&start| start <= offset);
        begun.saturating_sub(1).min(self.steps.len() - 1)
    }

    fn step(&self, index: usize) -> Step {
        // Every index comes from `step_at` or from the sums, which are as many as the steps.
        self.steps[index]
    }
}

/// [`Trace::answered`], of a trace that is `at` a moment what this says.
pub(crate) fn first_byte(time: Time, mut at: impl FnMut(Time) -> Now) -> Time {
    let (mut left, mut now) = (UNIT, time);
    loop {
        let here = at(now);
        let latency = u128::from(here.latency.unwrap_or_default().ns());
        // At most 2^36 (60 s) times 2^64.
        let needed = u64::try_from((left * latency).div_ceil(UNIT)).unwrap_or(u64::MAX);
        let there = here.until.since(now);
        if needed <= there.ns() || here.until == Time::NEVER {
            return now.after(Span::from_ns(needed));
        }
        // Each step lasts at least a microsecond and a latency at most a minute: this ends.
        left -= (u128::from(there.ns()) * UNIT / latency).min(left);
        now = here.until;
    }
}
