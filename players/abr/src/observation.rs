//! What an algorithm sees when it decides on the next segment request.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};
use weir_units::{BitRate, Bytes, Ratio, Span, Time};

/// How many past downloads an [`Observation`] shows at most.
pub const DOWNLOADS_SEEN: usize = 20;

/// For how many coming segments an [`Observation`] shows sizes at most: the longest horizon of a
/// published predictive algorithm (Puffer's MPC).
pub const SIZES_SEEN: usize = 10;

/// The most rungs of a ladder; published ladders have about ten.
pub const MAX_RUNGS: usize = 64;

/// All that an algorithm may know when it decides on the next segment request.
///
/// New fields may come; [`Observation::default`] gives them their neutral values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Now, since the start of the session.
    pub now: Time,
    /// Media that is downloaded and not yet played.
    pub buffer: Span,
    /// The most media that the player keeps.
    pub max_buffer: Span,
    /// The number of the coming segment, counted from the first of this session.
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
    /// The last downloads, newest last, at most [`DOWNLOADS_SEEN`]: also those that were abandoned,
    /// and those that replaced a segment of the buffer.
    pub downloads: Vec<Download>,
    /// Whether the stream plays.
    #[serde(default)]
    pub playback: Playback,
    /// The media played since the start of the session.
    #[serde(default)]
    pub played: Span,
    /// The speed of playback; 100 % is the normal one.
    #[serde(default = "normal_speed")]
    pub speed: Ratio,
    /// Whether segments appear while they are watched.
    #[serde(default)]
    pub live: bool,
    /// How long the player has waited, since the newest download ended, because the buffer had no
    /// room for the coming segment. Waits that an algorithm asked for do not count.
    #[serde(default)]
    pub waited_for_room: Span,
    /// The rungs of the segments in the buffer in the order in which they play. The first of them
    /// may have been played in part. Empty where the player cannot replace segments.
    #[serde(default)]
    pub buffered: Vec<usize>,
    /// How much of the first segment in the buffer has been played.
    #[serde(default)]
    pub played_of_first: Span,
}

const fn normal_speed() -> Ratio {
    Ratio::ONE
}

impl Default for Observation {
    /// The first moment of a session without content.
    fn default() -> Self {
        Self {
            now: Time::ZERO,
            buffer: Span::ZERO,
            max_buffer: Span::ZERO,
            segment: 0,
            segments_left: 0,
            segment_duration: Span::ZERO,
            ladder: Vec::new(),
            sizes: Vec::new(),
            downloads: Vec::new(),
            playback: Playback::Starting,
            played: Span::ZERO,
            speed: normal_speed(),
            live: false,
            waited_for_room: Span::ZERO,
            buffered: Vec::new(),
            played_of_first: Span::ZERO,
        }
    }
}

impl Observation {
    /// The highest rung.
    pub fn top(&self) -> usize {
        self.ladder.len().saturating_sub(1)
    }

    /// The newest download that was neither abandoned nor a replacement: the last segment of the
    /// buffer, unless something has replaced it.
    pub fn newest_added(&self) -> Option<&Download> {
        self.downloads.iter().rev().find(|download| download.added())
    }

    /// The buffer in seconds.
    pub(crate) fn buffer_seconds(&self) -> f64 {
        self.buffer.as_secs_f64()
    }

    /// The duration of the coming segment in seconds.
    pub(crate) fn segment_seconds(&self) -> f64 {
        self.segment_duration.as_secs_f64()
    }

    /// The declared mean rate of `rung` in bit/s; at least 1, so that it can be a divisor.
    pub(crate) fn mean_bps(&self, rung: usize) -> f64 {
        self.ladder.get(rung).map_or(1.0, |rung| rung.mean.bps().max(1) as f64)
    }

    /// The same in kbit/s; at least 0.001.
    pub(crate) fn mean_kbps(&self, rung: usize) -> f64 {
        self.mean_bps(rung) / 1e3
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

/// Whether the stream plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Playback {
    /// It has not begun.
    #[default]
    Starting,
    /// It plays.
    Playing,
    /// It stands still because the buffer ran empty.
    Stalled,
}

/// A segment download that is over.
///
/// New fields may come; [`Download::default`] gives them their neutral values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Download {
    /// Its rung.
    pub rung: usize,
    /// Bytes of the body that arrived.
    pub bytes: Bytes,
    /// From the request to the first byte of the body; to the end if none came.
    pub ttfb: Span,
    /// From the first to the last byte of the body.
    pub transfer: Span,
    /// The duration of the segment.
    pub media: Span,
    /// When it was over, since the start of the session. Each is later than the one before it.
    pub finished: Time,
    /// The media in the buffer when it was over; the segment itself included if it was added.
    #[serde(default)]
    pub buffer: Span,
    /// Whether the segment was to replace one in the buffer. It did not add to it then.
    #[serde(default)]
    pub replacement: bool,
    /// Whether it was abandoned.
    #[serde(default)]
    pub end: End,
}

impl Download {
    /// Whether it arrived whole.
    pub fn is_whole(&self) -> bool {
        self.end == End::Whole
    }

    /// Whether it arrived whole and made the buffer longer.
    pub fn added(&self) -> bool {
        self.is_whole() && !self.replacement
    }

    /// The bits of the body.
    pub(crate) fn bits(&self) -> f64 {
        self.bytes.get() as f64 * 8.0
    }

    /// The time over which the body counts as a sample of throughput, in seconds; `None` if that is
    /// no time at all.
    ///
    /// It is the time from the first to the last byte: the time to the first byte is latency, not
    /// throughput (Sabre and dash.js leave it out as well). A body that arrived in one piece has no
    /// such time; it counts over the time since the request, or a player of small segments would
    /// never get an estimate.
    pub(crate) fn sample_seconds(&self) -> Option<f64> {
        let took = match self.transfer {
            Span::ZERO => self.ttfb,
            transfer => transfer,
        };
        (took > Span::ZERO).then(|| took.as_secs_f64())
    }
}

/// How a download ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// Its last byte arrived.
    #[default]
    Whole,
    /// It was abandoned; see [`Verdict`](crate::Verdict).
    Abandoned {
        /// The rung for which it was abandoned; `None` where no rung was named.
        to: Option<usize>,
    },
}

/// What an algorithm may know of coming segments: how much its [`Observation`]s show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[derive(strum::Display, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum SizeHints {
    /// The bit rates that the manifest declares.
    Declared,
    /// The size of every coming segment too.
    Sizes,
}

/// A length of time in milliseconds, for algorithms that count in them.
pub(crate) fn ms(span: Span) -> f64 {
    span.ns() as f64 / 1e6
}

/// Which downloads an algorithm has taken in. Each is shown in many observations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    newest: Option<Time>,
}

impl Cursor {
    /// Nothing has been taken in.
    pub(crate) const fn new() -> Self {
        Self { newest: None }
    }

    /// The downloads that were not shown before, oldest first.
    pub(crate) fn fresh<'a>(&mut self, seen: &'a Observation) -> &'a [Download] {
        let known = |download: &Download| self.newest.is_some_and(|n| download.finished <= n);
        let first = seen.downloads.iter().rposition(known).map_or(0, |last| last + 1);
        if let Some(last) = seen.downloads.last() {
            self.newest = self.newest.max(Some(last.finished));
        }
        seen.downloads.get(first..).unwrap_or_default()
    }
}
