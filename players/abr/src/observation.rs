//! What an algorithm sees, and what it answers.

use serde::{Deserialize, Serialize};
use weir_units::{BitRate, Bytes, Span, Time};

/// How many past downloads an [`Observation`] shows at most.
pub const DOWNLOADS_SEEN: usize = 20;

/// For how many coming segments an [`Observation`] shows sizes at most: the longest horizon of a
/// published predictive algorithm (Puffer's MPC).
pub const SIZES_SEEN: usize = 10;

/// The most rungs of a ladder; published ladders have about ten.
pub const MAX_RUNGS: usize = 64;

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
    /// Sizes of the coming segments: `sizes[i][rung]` for the i-th from now, at most
    /// [`SIZES_SEEN`]. Empty unless the player is told sizes in advance (`knows = "sizes"`).
    pub sizes: Vec<Vec<Bytes>>,
    /// The last downloads, newest last, at most [`DOWNLOADS_SEEN`].
    pub downloads: Vec<Download>,
}

impl Observation {
    /// The highest rung.
    pub fn top(&self) -> usize {
        self.ladder.len().saturating_sub(1)
    }

    /// The duration of the coming segment in seconds.
    pub(crate) fn segment_seconds(&self) -> f64 {
        self.segment_duration.as_secs_f64()
    }

    /// The size of the coming segment at `rung` in bits: as it is where sizes are known, else as
    /// the rung's mean rate promises.
    pub(crate) fn coming_bits(&self, rung: usize) -> f64 {
        self.coming_bits_at(rung, |rung| rung.mean)
    }

    /// The same, except that it is the rung's peak rate that counts where sizes are not known.
    pub(crate) fn coming_bits_at_most(&self, rung: usize) -> f64 {
        self.coming_bits_at(rung, |rung| rung.peak)
    }

    fn coming_bits_at(&self, rung: usize, declared: impl Fn(&Rung) -> BitRate) -> f64 {
        let actual = self.sizes.first().and_then(|segment| segment.get(rung));
        let declared = || self.ladder.get(rung).map_or(0.0, |rung| declared(rung).bps() as f64);
        actual.map_or_else(|| declared() * self.segment_seconds(), |size| size.get() as f64 * 8.0)
    }
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

/// What an algorithm may know of coming segments: how much its [`Observation`]s show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Knows {
    /// The bit rates that the manifest declares.
    Declared,
    /// The size of every coming segment too.
    Sizes,
}

impl Knows {
    /// As it stands in experiments and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Sizes => "sizes",
        }
    }
}
