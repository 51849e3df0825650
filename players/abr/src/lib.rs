//! Adaptive-bitrate algorithms: pure, no clock, no I/O, no pointer to a player.
//!
//! An algorithm sees an [`Observation`] and answers with a [`Decision`]. Both are plain data, so a
//! decision can be logged with its input, tested against golden values, and replayed.
//!
//! | name | decides by | file |
//! |---|---|---|
//! | `fixed` | nothing: one rung | `fixed.rs` |
//! | `throughput` | the lower of two moving averages of throughput | `throughput.rs`, `ewma.rs` |
//! | `bola` | the buffer: BOLA-BASIC | `bola.rs` |
//! | `bba0` | the buffer: BBA-0 | `bba0.rs` |
//!
//! A [`Choice`] names one with its parameters; [`registry()`] lists them all. Logarithms and powers
//! come from `libm`: the standard library's differ between CPUs, and decisions must not.

mod bba0;
mod bola;
mod choice;
mod ewma;
mod fixed;
mod observation;
mod registry;
#[cfg(test)]
mod testing;
mod throughput;

pub use bba0::Bba0;
pub use bola::Bola;
pub use choice::{Choice, ChoiceError};
pub use ewma::{DualEwma, Ewma};
pub use fixed::Fixed;
pub use observation::{
    DOWNLOADS_SEEN, Decision, Download, Knows, MAX_RUNGS, Observation, Rung, SIZES_SEEN,
};
pub use registry::{Entry, Param, Params, registry};
pub use throughput::Throughput;

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
