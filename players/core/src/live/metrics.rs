//! What a session that follows a live stream was like, beyond what all sessions have.

use crate::playback::Phase;
use weir_units::{Ratio, Span, Time};

/// The live side of a session. Moments count from its start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LiveMetrics {
    /// The live edge less the playhead, over the time played: mean and 95th percentile.
    pub latency: Option<Latency>,
    /// From capture to display, over the time played; `None` if the stream does not say.
    pub capture_latency: Option<Latency>,
    /// The time for which it played.
    pub playing: Span,
    /// The time for which it played at another rate than 1.
    pub rate_changed: Span,
    /// The mean over the time played of the distance of the rate from 1; `None` if it never played.
    pub rate_deviation: Option<Ratio>,
    /// Jumps of the playhead towards the live edge.
    pub skips: u64,
    /// Media that they left out.
    pub skipped: Span,
    /// Segments that playlists announced, from the first that was requested to the last that was
    /// dealt with; those that were left out to get closer to the live edge do not count.
    pub announced: u64,
    /// Those that the first request for them brought.
    pub available: u64,
    /// Requests that failed.
    pub failures: u64,
    /// Changes to another stream.
    pub failovers: u64,
    /// Every request for a media playlist in order.
    pub playlists: Vec<PlaylistMetrics>,
    /// The session at every whole second of the trial.
    pub moments: Vec<MomentMetrics>,
}

/// A latency that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// The mean.
    pub mean: Span,
    /// What it did not exceed for 95 % of the time, rounded down to a millisecond.
    pub p95: Span,
}

/// One request for a media playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistMetrics {
    /// The rung.
    pub rung: usize,
    /// When it was due.
    pub requested: Time,
    /// From the request to its end.
    pub download: Span,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The number of the first segment that it lists.
    pub first: Option<u64>,
    /// The number of the last.
    pub last: Option<u64>,
    /// How many discontinuities it speaks of: those that it lists, and those before them.
    pub discontinuities: Option<u64>,
    /// How long ago the newest segment ended, by its date; `None` without one, or without a clock.
    pub age: Option<Span>,
    /// Whether it lists a segment that is newer than all that were known.
    pub new: bool,
    /// Why the request failed, or what is wrong with the playlist.
    pub err: Option<String>,
}

/// What a viewer saw at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MomentMetrics {
    /// The moment.
    pub at: Time,
    /// Whether it plays; `None` if the session was over before its time.
    pub phase: Option<Phase>,
    /// Media that is downloaded and not yet played.
    pub buffer: Span,
    /// The live edge less the playhead; `None` before it played.
    pub latency: Option<Span>,
    /// From capture to display of the picture that is shown.
    pub capture_latency: Option<Span>,
    /// Media played per time; zero if it does not play.
    pub rate: Ratio,
}
