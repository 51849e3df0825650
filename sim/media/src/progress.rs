//! What a preparation is doing, for the one who waits for it.

use std::fmt;
use weir_units::Ratio;

/// What a preparation is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The step.
    pub step: Step,
    /// How much of the step is done, for estimates of the time left; `None` where nobody knows.
    pub done: Option<Ratio>,
}

/// A step of a preparation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Somebody else prepares content in the same cache.
    Wait,
    /// The source file is read, for its hash.
    Read,
    /// The ladder is encoded.
    Encode,
    /// Everything that will be served is read, for its hash.
    Check,
}

impl Progress {
    pub(crate) fn begins(step: Step) -> Self {
        Self { step, done: None }
    }

    /// `done` of `all`, whatever their unit.
    pub(crate) fn of(step: Step, done: u64, all: u64) -> Self {
        let ppb = u128::from(done) * u128::from(Ratio::ONE.ppb());
        let share = ppb.checked_div(u128::from(all)).and_then(|share| u64::try_from(share).ok());
        Self { step, done: share.map(|ppb| Ratio::from_ppb(ppb).min(Ratio::ONE)) }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.step {
            Step::Wait => "waiting for another preparation of content",
            Step::Read => "reading the source",
            Step::Encode => "encoding the ladder",
            Step::Check => "checking the segments",
        })?;
        match self.done {
            Some(done) => write!(f, ", {} %", done.ppb() / 10_000_000),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_reads_well_and_never_exceeds_the_whole() {
        let text = |done, all| Progress::of(Step::Encode, done, all).to_string();
        assert_eq!(text(1, 3), "encoding the ladder, 33 %");
        assert_eq!(text(5, 3), "encoding the ladder, 100 %");
        assert_eq!(text(5, 0), "encoding the ladder");
        assert_eq!(text(u64::MAX, u64::MAX), "encoding the ladder, 100 %");
    }
}
