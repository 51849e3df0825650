//! The quality of experience, as published work defines it.

mod averages;
mod preset;

pub use averages::{PensieveMeans, SabreAverages};
pub use preset::QoePreset;

use weir_units::Span;

/// Why something is no QoE.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum QoeError {
    /// A utility or a penalty is out of range.
    #[error("{what} is {got} (expected {expected})")]
    Weight {
        /// Which one.
        what: &'static str,
        /// Its value.
        got: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// A ladder has no bitrates from which utilities could be made.
    #[error("{0}")]
    Ladder(String),
}

/// What the sum over a session is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Nothing: the sum itself.
    Session,
    /// The time from the start of the session to the end of playback, startup and stalls included,
    /// in segments: Sabre's "time average".
    PlayTime,
}

/// Quality of experience of the linear family (Yin, Jindal, Sekar, Sinopoli: SIGCOMM 2015):
///
/// sum of u(rung) - `rebuffer` * stall seconds - `startup` * startup seconds
/// \- `switch` * sum of |difference of u between consecutive segments|
#[derive(Debug, Clone, PartialEq)]
pub struct Qoe {
    /// u of every rung, per segment.
    pub utilities: Vec<f64>,
    /// Per second of stall; above zero.
    pub rebuffer: f64,
    /// Per second before the first frame; zero where startup does not count.
    pub startup: f64,
    /// Per unit of difference.
    pub switch: f64,
    /// What the sum is divided by.
    pub per: Per,
}

impl Qoe {
    /// Refuses weights that are not finite or of the wrong sign.
    ///
    /// # Errors
    /// Names the weight and what was expected. (A rebuffer penalty of zero would let a player take
    /// for ever; of a ratio with negative utilities, a longer stall could be the better one.)
    pub fn check(&self) -> Result<(), QoeError> {
        let lowest = match self.per {
            Per::Session => f64::NEG_INFINITY,
            Per::PlayTime => 0.0,
        };
        for &got in &self.utilities {
            if !got.is_finite() || got < lowest {
                let expected = match self.per {
                    Per::Session => "a finite number",
                    Per::PlayTime => "a finite number of at least 0",
                };
                return Err(QoeError::Weight { what: "a utility", got, expected });
            }
        }
        if !(self.rebuffer.is_finite() && self.rebuffer > 0.0) {
            let what = "the rebuffer penalty";
            let expected = "a finite number above 0";
            return Err(QoeError::Weight { what, got: self.rebuffer, expected });
        }
        for (what, got) in
            [("the startup penalty", self.startup), ("the switch penalty", self.switch)]
        {
            if !(got.is_finite() && got >= 0.0) {
                let expected = "a finite number of at least 0";
                return Err(QoeError::Weight { what, got, expected });
            }
        }
        Ok(())
    }

    /// The utility of a rung.
    pub fn utility(&self, rung: usize) -> f64 {
        self.utilities.get(rung).copied().unwrap_or(0.0)
    }

    /// How far apart two rungs are in utility.
    pub fn difference(&self, a: usize, b: usize) -> f64 {
        (self.utility(a) - self.utility(b)).abs()
    }

    /// The utility of a sequence of rungs, less its switches.
    pub fn quality(&self, rungs: &[usize]) -> f64 {
        let sum: f64 = rungs.iter().map(|rung| self.utility(*rung)).sum();
        let pairs = rungs.iter().zip(rungs.iter().skip(1));
        sum - self.switch * pairs.map(|(a, b)| self.difference(*a, *b)).sum::<f64>()
    }

    /// The QoE of a session that was played to its end.
    pub fn of(&self, rungs: &[usize], startup: Span, stalled: Span, segment: Span) -> f64 {
        let (startup, stalled) = (startup.as_secs_f64(), stalled.as_secs_f64());
        let sum = self.quality(rungs) - self.rebuffer * stalled - self.startup * startup;
        match self.per {
            Per::Session => sum,
            Per::PlayTime => {
                sum / (rungs.len() as f64 + (startup + stalled) / segment.as_secs_f64())
            }
        }
    }
}
