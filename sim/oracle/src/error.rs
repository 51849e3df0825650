//! Why there is no answer.

use crate::limits::{MAX_RUNGS, MAX_SEGMENTS, MAX_SPAN, MAX_STARTS};
use weir_core::QoeError;
use weir_units::Span;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// Too few or too many segments.
    #[error("{0} segments (expected 1 to {MAX_SEGMENTS})")]
    Segments(usize),
    /// Too few or too many rungs.
    #[error("{0} rungs (expected 1 to {MAX_RUNGS})")]
    Rungs(usize),
    /// A segment has not one size for each rung.
    #[error("segment {segment} has {got} sizes (expected {rungs}, one for each rung)")]
    Row {
        /// The segment, from 0.
        segment: usize,
        /// Its sizes.
        got: usize,
        /// The rungs: as many as there are utilities.
        rungs: usize,
    },
    /// A segment is empty.
    #[error("segment {segment} at rung {rung} is empty (expected at least a bit)")]
    Size {
        /// The segment, from 0.
        segment: usize,
        /// The rung, from 0.
        rung: usize,
    },
    /// A segment's duration is out of range.
    #[error("segments of {0} (expected 1 ms to {MAX_SPAN})")]
    Segment(Span),
    /// The limit of the buffer is out of range.
    #[error("a buffer of {got} (expected {segment}, one segment, to {MAX_SPAN})")]
    Buffer {
        /// The limit.
        got: Span,
        /// What a segment plays.
        segment: Span,
    },
    /// The first rung is none of the ladder.
    #[error("the first rung is {got} (expected 0 to {last})", last = rungs - 1)]
    First {
        /// The rung.
        got: usize,
        /// The rungs of the ladder.
        rungs: usize,
    },
    /// A latency beside the trace that no buffer outlasts.
    #[error("{got} beside every download (expected less than a segment, {segment})")]
    Beside {
        /// The latency.
        got: Span,
        /// What a segment plays.
        segment: Span,
    },
    /// A latency out of range.
    #[error("a latency of {0} (expected at most {MAX_SPAN})")]
    Latency(Span),
    /// The QoE is none.
    #[error(transparent)]
    Qoe(#[from] QoeError),
    /// So many segments before playback begins leave too many ways to begin.
    #[error(
        "playback begins after {segments} segments: more than {MAX_STARTS} ways to download them \
         (expected fewer segments at the start, or a startup penalty of at least the stalls')"
    )]
    Starts {
        /// The segments before playback.
        segments: usize,
    },
    /// A plan does not fit the problem.
    #[error("the plan has {got} {what} (expected {expected})")]
    Plan {
        /// What there is a wrong number of.
        what: &'static str,
        /// How many there are.
        got: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A plan names a rung that there is not, or another first rung than the one that is given.
    #[error("the plan has rung {got} for segment {segment} (expected {expected})")]
    PlanRung {
        /// The segment, from 0.
        segment: usize,
        /// Its rung.
        got: usize,
        /// What would be right.
        expected: String,
    },
    /// The trace carries nothing any more before the session is complete.
    #[error("the download of segment {segment} never ends: the trace carries too little")]
    Starved {
        /// The segment, from 0.
        segment: usize,
    },
}
