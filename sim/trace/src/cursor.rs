//! The same answers as a trace's own, cheaper where the questions come in order of time.

use crate::query::first_byte;
use crate::{Now, Rate, Trace, Volume};
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
    /// Where it is, and another place that it knows: where the last delivery ended, for what comes
    /// next is often asked there; or where it was before.
    places: [Here; 2],
    /// Which of the two is which: to go from one to the other, nothing is copied.
    here: usize,
    /// The last step of a trace that does not repeat.
    endless: Option<usize>,
}

/// How a volume is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// When all of it has been: as [`Trace::delivered`].
    pub end: Time,
    /// No rate on the way is lower; zero where that was not looked for.
    pub slowest: Rate,
}

/// A step in one of the rounds of a trace.
#[derive(Debug, Clone, Copy)]
struct Here {
    index: usize,
    /// When it begins, and when it ends: a last step that goes on for ever, at the end of time.
    start: u64,
    end: u64,
    /// What was carried before it.
    sum: u128,
}

impl Here {
    /// A step that begins at a moment.
    #[inline]
    fn new(trace: &Trace, endless: Option<usize>, index: usize, start: u64, sum: u128) -> Self {
        let span = if endless == Some(index) { u64::MAX } else { trace.steps[index].span.ns() };
        Self { index, start, end: start.saturating_add(span), sum }
    }

    #[inline]
    fn holds(&self, time: u64) -> bool {
        self.start <= time && time < self.end
    }
}

impl<'a> Cursor<'a> {
    /// At the beginning of a trace.
    pub fn new(trace: &'a Trace) -> Self {
        let endless = (!trace.repeats()).then(|| trace.steps.len() - 1);
        let here = Here::new(trace, endless, 0, 0, 0);
        Self { trace, places: [here; 2], here: 0, endless }
    }

    /// As [`Trace::at`].
    #[inline]
    pub fn at(&mut self, time: Time) -> Now {
        let trace = self.trace;
        let Some(here) = self.seek(time) else { return trace.at(time) };
        let step = trace.steps[here.index];
        Now { rate: step.rate, latency: step.latency, until: Time::from_ns(here.end) }
    }

    /// What is carried from the beginning of the trace to `time`.
    #[inline]
    pub fn total(&mut self, time: Time) -> Volume {
        let trace = self.trace;
        let Some(here) = self.seek(time) else { return trace.carried(Time::ZERO, time) };
        let within = Span::from_ns(time.ns() - here.start);
        let within = trace.steps[here.index].rate.carries(within).femtobits();
        Volume::from_femtobits(here.sum + within)
    }

    /// As [`Trace::delivered`].
    pub fn delivered(&mut self, from: Time, volume: Volume) -> Option<Time> {
        let before = self.total(from);
        self.delivery(from, before, volume).map(|delivery| delivery.end)
    }

    /// The same where it is known what is carried from the beginning of the trace to `from` (what
    /// [`Cursor::total`] said), and how fast it goes at least.
    #[inline]
    pub fn delivery(&mut self, from: Time, before: Volume, volume: Volume) -> Option<Delivery> {
        let target = before.femtobits().checked_add(volume.femtobits())?;
        let (mut here, mut slowest) = (self.places[self.here], Rate::MAX);
        // Only what is asked about one of the next steps is found by walking.
        if volume > Volume::ZERO && here.holds(from.ns()) {
            for _ in 0..NEAR {
                let rate = self.trace.steps[here.index].rate;
                slowest = slowest.min(rate);
                let missing = target.saturating_sub(here.sum);
                let whole = rate.carries(Span::from_ns(here.end - here.start)).femtobits();
                if missing <= whole {
                    let within = rate.time_for(Volume::from_femtobits(missing))?.ns();
                    self.places[1 - self.here] = here;
                    let end = here.start.checked_add(within).map(Time::from_ns)?;
                    return Some(Delivery { end, slowest });
                }
                if here.end > FAR {
                    break;
                }
                here = self.after(here, whole);
            }
        }
        let end = self.trace.delivered(from, volume)?;
        Some(Delivery { end, slowest: Rate::ZERO })
    }

    /// As [`Trace::answered`].
    #[inline]
    pub fn answered(&mut self, time: Time) -> Time {
        let now = self.at(time);
        let latency = now.latency.unwrap_or_default();
        if latency <= now.until.since(time) {
            return time.after(latency);
        }
        first_byte(time, |now| self.at(now))
    }

    /// The step at a moment; `None` beyond [`FAR`].
    #[inline]
    fn seek(&mut self, time: Time) -> Option<&Here> {
        let time = time.ns();
        if time > FAR {
            return None;
        }
        if !self.places[self.here].holds(time) {
            let other = 1 - self.here;
            if !self.places[other].holds(time) {
                self.places[other] = self.search(time);
            }
            self.here = other;
        }
        Some(&self.places[self.here])
    }

    fn search(&self, time: u64) -> Here {
        let [one, other] = self.places;
        let near = |place: &Here| place.start <= time;
        let mut here = if near(&other) && other.start >= one.start { other } else { one };
        for _ in 0..NEAR {
            if time < here.start || here.start > FAR {
                break;
            }
            if time < here.end {
                return here;
            }
            let rate = self.trace.steps[here.index].rate;
            here = self.after(here, rate.carries(Span::from_ns(here.end - here.start)).femtobits());
        }
        let (round, offset) = self.trace.round(Time::from_ns(time));
        let index = self.trace.step_at(offset);
        let before = round * self.trace.length().ns();
        let sum = u128::from(round) * self.trace.volume().femtobits() + self.trace.sums[index];
        Here::new(self.trace, self.endless, index, before + self.trace.starts[index], sum)
    }

    /// The step after one that ends and carries so much as a whole.
    #[inline]
    fn after(&self, here: Here, whole: u128) -> Here {
        let next = here.index + 1;
        let index = if next == self.trace.steps.len() { 0 } else { next };
        Here::new(self.trace, self.endless, index, here.end, here.sum + whole)
    }
}
