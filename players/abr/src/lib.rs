//! Adaptive-bitrate algorithms: pure, no clock, no I/O, no pointer to a player.
//!
//! An algorithm sees an [`Observation`] and answers with a [`Decision`]; while a download is in
//! progress it may be asked for a [`Verdict`]. All of them are plain data, so a decision can be
//! logged with its input, tested against golden values, and replayed; and a program of one's own
//! can take part in any laboratory by exchanging them as lines of JSON ([`exec`]).
//!
//! A [`Choice`] names an algorithm with its parameters; [`registry()`] lists them all. An algorithm
//! is one file of `algorithms/` and one line there. Logarithms and powers come from `libm`: the
//! standard library's differ between CPUs, and decisions must not.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod algorithms;
mod bba;
mod choice;
mod dashjs;
mod decision;
mod estimate;
pub mod exec;
mod mpc;
mod observation;
mod published;
mod registry;
mod replacing;
mod sabre;
#[cfg(test)]
mod testing;
mod utility;

pub use algorithms::{Bba0, Bola, Fixed, Throughput};
pub use choice::{Choice, ChoiceError, TRACE};
pub use decision::{Decision, Outlook, Piece, Progress, Verdict};
pub use estimate::{DualEwma, Ewma, Mean, SlidingPercentile, Window};
pub use observation::{
    DOWNLOADS_SEEN, Download, End, MAX_RUNGS, Observation, Playback, Rung, SIZES_SEEN, SizeHints,
};
pub use registry::{Entry, Param, Params, registry, source};
pub use replacing::{Replacing, Side};

use weir_units::Time;

/// An adaptive-bitrate algorithm: one per session, asked before every segment request.
pub trait Abr: Send {
    /// Which rung to request next, and how long to wait before the request, from what the player
    /// can see and nothing else. Private memory lives in `self`.
    fn decide(&mut self, seen: &Observation) -> Decision;

    /// What is to become of a download in progress. A player that can abandon downloads asks now
    /// and then while bytes arrive; `seen` is what it was at the decision, but for the moment, the
    /// buffer and the playback, which are those of now.
    fn progress(&mut self, _seen: &Observation, _progress: &Progress) -> Verdict {
        Verdict::Continue
    }

    /// Until when [`Abr::progress`] would surely say [`Verdict::Continue`], if the download goes as
    /// `outlook` says and the buffer drains no faster than time passes: a player need not ask
    /// before. To be called at the request, and after such a verdict with the same arguments;
    /// `progress` says when the first byte comes also before it has. [`Time::ZERO`] is always true,
    /// and anything from [`Outlook::until`] on is as good as never.
    fn next_check(&self, _: &Observation, _: &Progress, _outlook: Outlook<'_>) -> Time {
        Time::ZERO
    }

    /// Whether [`Abr::progress`] may ever say anything but [`Verdict::Continue`]. Where it cannot,
    /// a player need not ask.
    fn abandons(&self) -> bool {
        true
    }

    /// The throughput that the algorithm counts with at this moment, for the log; `None` if it
    /// does not estimate any.
    fn estimate(&self) -> Option<weir_units::BitRate> {
        None
    }

    /// Why its decisions mean nothing any more, and the session has failed; `None` while all is
    /// well. Only a program of one's own ([`exec`]) can fail.
    fn fault(&self) -> Option<&str> {
        None
    }
}

impl Abr for alloc::boxed::Box<dyn Abr> {
    fn decide(&mut self, seen: &Observation) -> Decision {
        self.as_mut().decide(seen)
    }

    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        self.as_mut().progress(seen, progress)
    }

    fn next_check(&self, seen: &Observation, progress: &Progress, outlook: Outlook<'_>) -> Time {
        self.as_ref().next_check(seen, progress, outlook)
    }

    fn abandons(&self) -> bool {
        self.as_ref().abandons()
    }

    fn estimate(&self) -> Option<weir_units::BitRate> {
        self.as_ref().estimate()
    }

    fn fault(&self) -> Option<&str> {
        self.as_ref().fault()
    }
}
