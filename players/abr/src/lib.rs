//! Adaptive-bitrate algorithms: pure, no clock, no I/O, no pointer to a player.
//!
//! An algorithm sees an [`Observation`] and answers with a [`Decision`]. Both are plain data, so a
//! decision can be logged with its input, tested against golden values, and replayed.

mod choice;
mod observation;

pub use choice::Choice;

pub use observation::{Decision, Download, Observation, Rung};

/// An adaptive-bitrate algorithm: one per session, asked before every segment request.
pub trait Abr: Send {
    /// Which rung to request next, and how long to wait before the request, from what the player
    /// can see and nothing else. Private memory lives in `self`.
    fn decide(&mut self, seen: &Observation) -> Decision;

    /// The throughput that the algorithm counts with at this moment, for the log; `None` if it
    /// does not estimate any.
    fn estimate(&self) -> Option<weir_units::BitRate> {
        None
    }
}
