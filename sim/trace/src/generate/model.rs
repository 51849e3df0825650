//! What a model of traces is, and what it draws with.

use super::draw::Draw;
use super::values::{Param, Values};
use crate::{About, Builder, Fault, Rate, Step, Trace};
use weir_units::Span;

/// A model of traces.
#[derive(Debug, Clone, Copy)]
pub struct Model {
    /// What it is called.
    pub name: &'static str,
    /// What it makes, in a line.
    pub about: &'static str,
    /// Its parameters.
    pub params: &'static [Param],
    pub(super) run: fn(&Values, &mut Pen, &mut Draw) -> Result<(), Stop>,
}

/// Why a model ends early.
pub enum Stop {
    /// A parameter is out of range.
    Bad(String),
    /// What it drew is no trace.
    Fault(Fault),
}

impl From<String> for Stop {
    fn from(problem: String) -> Self {
        Self::Bad(problem)
    }
}

/// What a model draws with: it stops at the end of the trace.
pub struct Pen {
    builder: Builder,
    left: Span,
}

impl Pen {
    /// One that draws a trace of this length.
    pub fn new(about: About, length: Span) -> Self {
        Self { builder: Builder::new(about), left: length }
    }

    /// Draws a rate for a span, and says whether there is room for more.
    pub fn draw(&mut self, span: Span, rate: Rate) -> Result<bool, Stop> {
        // A rest that would be too short for a step makes this one longer.
        let rest = self.left.saturating_sub(span);
        let span = if rest < *Builder::STEP.start() { self.left } else { span };
        self.left = self.left.saturating_sub(span);
        self.builder.extend(Step { span, rate, latency: None }).map_err(Stop::Fault)?;
        Ok(self.left > Span::ZERO)
    }

    /// What was drawn.
    pub fn finish(self) -> Result<Trace, Fault> {
        self.builder.finish()
    }
}
