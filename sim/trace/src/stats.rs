//! What is in a trace, in numbers.

use crate::{Rate, Step, Trace};
use weir_units::Span;

/// What is in a trace, over its length without repetition.
#[derive(Debug, Clone, PartialEq)]
pub struct Stats {
    /// How long it is.
    pub length: Span,
    /// How many steps it has.
    pub steps: usize,
    /// The mean rate, weighted by time, rounded down.
    pub mean: Rate,
    /// The lowest rate.
    pub min: Rate,
    /// The highest rate.
    pub max: Rate,
    /// The standard deviation, weighted by time, as a share of the mean.
    pub variation: f64,
    /// The time in which nothing is carried.
    pub silent: Span,
    /// The longest time without interruption in which nothing is carried. In a trace that repeats,
    /// one at the end and one at the start are one.
    pub longest_silence: Span,
    /// The mean latency, weighted by time, where the trace tells it.
    pub latency: Option<Span>,
    sorted: Vec<(Rate, Span)>,
}

impl Stats {
    /// Of this trace.
    pub fn of(trace: &Trace) -> Self {
        let steps = trace.steps();
        let length = trace.length();
        let mean = Rate::of(trace.volume(), length).unwrap_or_default();
        let mut sorted: Vec<_> = steps.iter().map(|step| (step.rate, step.span)).collect();
        sorted.sort_unstable();
        let share = |span: Span| span.ns() as f64 / length.ns() as f64;
        let square = |step: &Step| {
            let off = step.rate.as_bps_f64() - mean.as_bps_f64();
            off * off * share(step.span)
        };
        let variance: f64 = steps.iter().map(square).sum();
        let weighted = |step: &Step| Some(step.latency?.ns() as f64 * share(step.span));
        let latency: Option<f64> = steps.iter().map(weighted).sum();
        let silent = steps.iter().filter(|step| step.rate == Rate::ZERO);
        Self {
            length,
            steps: steps.len(),
            mean,
            min: sorted.first().map_or(Rate::ZERO, |(rate, _)| *rate),
            max: sorted.last().map_or(Rate::ZERO, |(rate, _)| *rate),
            variation: variance.sqrt() / mean.as_bps_f64(),
            silent: silent.fold(Span::ZERO, |sum, step| sum.saturating_add(step.span)),
            longest_silence: longest_silence(trace),
            latency: latency.and_then(|ns| Span::from_secs_f64(ns / 1e9)),
            sorted,
        }
    }

    /// The lowest rate that is not exceeded in at least `percent` percent of the time; the bounds
    /// are 0 and 100.
    pub fn percentile(&self, percent: u32) -> Rate {
        let wanted = u128::from(self.length.ns()) * u128::from(percent.min(100));
        let mut below = 0;
        let reached = self.sorted.iter().find(|(_, span)| {
            below += u128::from(span.ns()) * 100;
            below >= wanted
        });
        reached.or(self.sorted.last()).map_or(Rate::ZERO, |(rate, _)| *rate)
    }
}

fn longest_silence(trace: &Trace) -> Span {
    let steps = trace.steps();
    // A second round finds what goes on over the end.
    let rounds = if trace.repeats() { 2 } else { 1 };
    let (mut longest, mut now) = (Span::ZERO, Span::ZERO);
    for step in steps.iter().cycle().take(rounds * steps.len()) {
        let silent = step.rate == Rate::ZERO;
        now = if silent { now.saturating_add(step.span) } else { Span::ZERO };
        longest = longest.max(now);
    }
    longest
}
