//! What an algorithm sees, and what it answers.

use serde::{Deserialize, Serialize};
use weir_units::{BitRate, Bytes, Span, Time};

/// How many past downloads an [`Observation`] shows at most.
pub const DOWNLOADS_SEEN: usize = 20;

/// All that an algorithm may know when it decides on the next segment request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Now, since the start of the session.
    pub now: Time,
    /// Media that is downloaded and not yet played.
    pub buffer: Span,
    /// The most media that the player keeps.
    pub max_buffer: Span,
    /// The number of segments that this session has requested so far.
    pub segment: u64,
    /// The number of segments until the end of the session's content, the coming one included.
    pub segments_left: u64,
    /// The duration of the coming segment.
    pub segment_duration: Span,
    /// The ladder, lowest rung first; never empty.
    pub ladder: Vec<Rung>,
    /// Sizes of the coming segments: `sizes[i][rung]` for the i-th from now. Empty unless the
    /// player is told sizes in advance (`knows = "sizes"`).
    pub sizes: Vec<Vec<Bytes>>,
    /// The last downloads, newest last, at most [`DOWNLOADS_SEEN`].
    pub downloads: Vec<Download>,
}

/// One quality of the ladder, as the manifest declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// The mean bit rate (AVERAGE-BANDWIDTH in HLS, or BANDWIDTH where that is missing).
    pub mean: BitRate,
    /// The peak bit rate of any segment (BANDWIDTH in HLS).
    pub peak: BitRate,
}

/// A finished segment download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Download {
    /// Its rung.
    pub rung: usize,
    /// Bytes of the body.
    pub bytes: Bytes,
    /// From the request to the first byte of the body.
    pub ttfb: Span,
    /// From the first to the last byte of the body.
    pub transfer: Span,
    /// The media time that it added to the buffer.
    pub media: Span,
    /// When its last byte arrived, since the start of the session.
    pub finished: Time,
}

/// What to request next, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The rung, an index into the ladder.
    pub rung: usize,
    /// How long to wait before the request.
    pub wait: Span,
}
