//! Makes traces out of steps.

use crate::limits;
use crate::{About, Fault, Rate, Step, Trace};
use std::ops::RangeInclusive;
use weir_units::Span;

/// Makes a [`Trace`] out of steps and refuses what is none.
///
/// A reader pushes each step where it has its line in hand, so that a refusal can name it.
#[derive(Debug, Clone)]
pub struct Builder {
    about: About,
    steps: Vec<Step>,
    starts: Vec<u64>,
    sums: Vec<u128>,
}

impl Builder {
    /// The most steps of a trace: 16 minutes of milliseconds that all differ.
    pub const MAX_STEPS: usize = limits::MAX_STEPS;

    /// The longest trace: 31 days.
    pub const MAX_LENGTH: Span = limits::MAX_LENGTH;

    /// How long a step may be. Published traces resolve milliseconds; a bound from below keeps the
    /// number of steps in a given time bounded.
    pub const STEP: RangeInclusive<Span> = limits::STEP;

    /// The longest latency of a step: 60 s.
    pub const MAX_LATENCY: Span = limits::MAX_LATENCY;

    /// A trace without steps.
    pub fn new(about: About) -> Self {
        Self { about, steps: Vec::new(), starts: vec![0], sums: vec![0] }
    }

    /// Whether there are no steps yet.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Adds a step at the end.
    ///
    /// # Errors
    /// If the step is too short, the trace too long or has too many steps, the latency is too
    /// large, or only some steps have one.
    pub fn push(&mut self, step: Step) -> Result<(), Fault> {
        let (start, sum) = self.end();
        let latency = step.latency.unwrap_or_default();
        if !Self::STEP.contains(&step.span) {
            return Err(Fault::StepSpan(step.span));
        }
        if self.steps.len() == Self::MAX_STEPS {
            return Err(Fault::TooManySteps);
        }
        if latency > Self::MAX_LATENCY {
            return Err(Fault::Latency(latency));
        }
        if self.steps.first().is_some_and(|first| first.latency.is_some() != step.latency.is_some())
        {
            return Err(Fault::SomeLatency);
        }
        // Neither sum can wrap: 31 days at 10 Tbit/s are 3 * 10^34 units.
        let end = start.saturating_add(step.span.ns());
        if end > Self::MAX_LENGTH.ns() {
            return Err(Fault::TooLong);
        }
        self.starts.push(end);
        self.sums.push(sum.saturating_add(step.rate.carries(step.span).femtobits()));
        self.steps.push(step);
        Ok(())
    }

    /// Adds a step, or makes the last one longer if it is alike.
    ///
    /// # Errors
    /// As [`Builder::push`].
    pub fn extend(&mut self, step: Step) -> Result<(), Fault> {
        let alike = |last: &&Step| last.rate == step.rate && last.latency == step.latency;
        let Some(last) = self.steps.last().filter(alike) else { return self.push(step) };
        let longer = Step { span: last.span.saturating_add(step.span), ..step };
        self.steps.pop();
        self.starts.pop();
        self.sums.pop();
        self.push(longer)
    }

    /// The trace.
    ///
    /// # Errors
    /// If there are no steps, or nothing is ever carried.
    pub fn finish(self) -> Result<Trace, Fault> {
        if self.steps.is_empty() {
            return Err(Fault::Empty);
        }
        if self.steps.iter().all(|step| step.rate == Rate::ZERO) {
            return Err(Fault::Silent);
        }
        let Self { about, steps, starts, sums } = self;
        Ok(Trace { about, steps, starts, sums })
    }

    fn end(&self) -> (u64, u128) {
        (self.starts.last().copied().unwrap_or(0), self.sums.last().copied().unwrap_or(0))
    }
}
