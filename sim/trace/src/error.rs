//! Why something is no trace.

use crate::limits::{MAX_LATENCY, MAX_LENGTH, MAX_RATE, MAX_STEPS, STEP};
use std::fmt;
use weir_units::Span;

/// Why steps are no trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There are no steps.
    #[error("the trace is empty (expected at least one step)")]
    Empty,
    /// Nothing is ever carried.
    #[error(
        "every rate is zero (expected a rate above zero somewhere; zeros at the end are legal)"
    )]
    Silent,
    /// A step is too short, or alone longer than any trace.
    #[error(
        "a step of {0} (expected {least} to {most})",
        least = STEP.start(),
        most = days(*STEP.end())
    )]
    StepSpan(Span),
    /// There are too many steps.
    #[error("more than {MAX_STEPS} steps")]
    TooManySteps,
    /// It is too long.
    #[error("the trace is longer than {}", days(MAX_LENGTH))]
    TooLong,
    /// A rate is too high.
    #[error("the rate is above {MAX_RATE}")]
    TooFast,
    /// A latency is too large.
    #[error("a latency of {0} (expected at most {MAX_LATENCY})")]
    Latency(Span),
    /// Only some steps have a latency.
    #[error("some steps have a latency and others have none (expected all or none)")]
    SomeLatency,
}

fn days(span: Span) -> String {
    format!("{} days", span.ns() / Span::from_s(86_400).ns())
}

/// Where in a file something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Nowhere in particular.
    Whole,
    /// A line, from 1.
    Line(usize),
    /// A record of a list, from 1.
    Record(usize),
}

/// A trace that is refused: the file, the place in it, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    file: String,
    place: Position,
    problem: String,
}

impl Refusal {
    /// This problem at this place of this file.
    pub fn new(file: &str, place: Position, problem: impl fmt::Display) -> Self {
        Self { file: file.to_owned(), place, problem: problem.to_string() }
    }

    /// Where it is.
    pub fn place(&self) -> Position {
        self.place
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Position::Whole => write!(f, "{}: {}", self.file, self.problem),
            Position::Line(line) => write!(f, "{}:{line}: {}", self.file, self.problem),
            Position::Record(record) => {
                write!(f, "{}: record {record}: {}", self.file, self.problem)
            }
        }
    }
}

impl std::error::Error for Refusal {}
