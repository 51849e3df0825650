//! The sum that is maximized.

use crate::Problem;
use weir_core::Per;

/// The sum that is maximized: quality - `stall` * stall seconds - `startup` * startup seconds
/// \- `constant`.
///
/// A ratio f / g is at most r exactly if f - r * g is nowhere above zero: for the best ratio, the
/// weights contain it (Dinkelbach, Management Science 13(7), 1967).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linear {
    pub stall: f64,
    pub startup: f64,
    pub constant: f64,
}

impl Linear {
    /// The sum itself, or the sum less `ratio` times the play time in segments.
    pub(crate) fn new(problem: &Problem, ratio: f64) -> Self {
        let (stall, startup) = (problem.qoe.rebuffer, problem.qoe.startup);
        match problem.qoe.per {
            Per::Session => Self { stall, startup, constant: 0.0 },
            Per::PlayTime => {
                let rate = ratio / problem.segment.as_secs_f64();
                let constant = ratio * problem.segments() as f64;
                Self { stall: stall + rate, startup: startup + rate, constant }
            }
        }
    }

    /// Whether playback that begins earlier is at least as good: the time that it gains can be
    /// spent in stalls.
    pub(crate) fn earlier_is_better(&self) -> bool {
        self.startup >= self.stall
    }
}
