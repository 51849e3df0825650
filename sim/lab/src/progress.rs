//! What is going on in a run, for whoever watches.

use std::time::Duration;
use weir_records::TrialResult;

/// What is going on, for whoever watches.
#[derive(Debug)]
pub enum Progress<'a> {
    /// Content is being prepared.
    Content(weir_media::Progress),
    /// Something that the user should know.
    Warning(String),
    /// Trials begin.
    Trials {
        /// How many there are.
        total: u64,
        /// How many of them an interrupted run has finished.
        finished: u64,
        /// How many at a time.
        jobs: usize,
    },
    /// Trials are finished, and kept: one of the labs with real programs, or a block of the
    /// model's.
    Finished {
        /// They; at least one.
        results: &'a [TrialResult],
        /// How many are finished.
        done: u64,
        /// Of how many.
        total: u64,
        /// The time left, estimated from those that are done.
        left: Duration,
    },
}
