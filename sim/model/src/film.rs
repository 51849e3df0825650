//! What is watched: a ladder, and the exact size of every segment.

use std::sync::Arc;
use weir_abr::{MAX_RUNGS, Rung};
use weir_core::playlist::Sizes;
use weir_core::{Content, Resource};
use weir_trace::Volume;
use weir_units::{BitRate, Bytes, Span};

/// The largest segment, as for players on real networks: 1 GB.
const MAX_SEGMENT: Volume = Volume::from_bits(8_000_000_000);

/// The longest film: as many segments as a playlist may have.
const MAX_SEGMENTS: usize = weir_core::playlist::MAX_SEGMENTS;

/// What is watched: a ladder, and the exact size of every segment at every rung.
#[derive(Debug, Clone)]
pub struct Film {
    content: Arc<Content>,
    rungs: usize,
    /// Segment by segment, all rungs of each.
    sizes: Vec<Volume>,
}

/// Why something is no film.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilmError {
    /// The ladder does not rise.
    #[error("rung {rung} of {rate}, which is not above the rung below (expected rising rates)")]
    Ladder {
        /// The rung.
        rung: usize,
        /// Its mean rate.
        rate: BitRate,
    },
    /// There are too few or too many rungs.
    #[error("{0} rungs (expected 1 to {MAX_RUNGS})")]
    Rungs(usize),
    /// There are too few or too many segments.
    #[error("{0} segments (expected 1 to {MAX_SEGMENTS})")]
    Segments(usize),
    /// A segment has a size too many or too few.
    #[error("segment {segment} has {sizes} sizes for {rungs} rungs")]
    Sizes {
        /// The segment.
        segment: usize,
        /// Its sizes.
        sizes: usize,
        /// The rungs of the ladder.
        rungs: usize,
    },
    /// There are not as many durations as rows of sizes.
    #[error("{durations} durations for the sizes of {segments} segments")]
    Durations {
        /// The durations.
        durations: usize,
        /// The rows of sizes.
        segments: usize,
    },
    /// A segment is too small or too large.
    #[error("segment {segment} has {bits} bits at rung {rung} (expected 8 to {})", MAX_SEGMENT.bits())]
    Size {
        /// The segment.
        segment: usize,
        /// The rung.
        rung: usize,
        /// Its size.
        bits: u128,
    },
    /// A segment plays no time, or too long.
    #[error("segment {segment} plays {duration} (expected above zero, at most {})", MAX_DURATION)]
    Duration {
        /// The segment.
        segment: usize,
        /// Its duration.
        duration: Span,
    },
}

const MAX_DURATION: Span = weir_core::playlist::MAX_SEGMENT;

impl Film {
    /// A film of this ladder, lowest rung first, whose segments play so long;
    /// `sizes[segment][rung]`. Published tables count in bits that make no whole bytes; what
    /// players count are whole bytes.
    ///
    /// # Errors
    /// If the numbers of rungs and segments do not match or are out of bounds, if the mean rates do
    /// not rise, and if a segment plays no time or is smaller than a byte or larger than 1 GB.
    pub fn new(
        ladder: Vec<Rung>,
        durations: Vec<Span>,
        sizes: &[Vec<Volume>],
    ) -> Result<Self, FilmError> {
        let (rungs, segments) = (ladder.len(), sizes.len());
        if !(1..=MAX_RUNGS).contains(&rungs) {
            return Err(FilmError::Rungs(rungs));
        }
        if !(1..=MAX_SEGMENTS).contains(&segments) {
            return Err(FilmError::Segments(segments));
        }
        if durations.len() != segments {
            return Err(FilmError::Durations { durations: durations.len(), segments });
        }
        let mut below = BitRate::default();
        for (rung, Rung { mean, .. }) in ladder.iter().enumerate() {
            if *mean <= below {
                return Err(FilmError::Ladder { rung, rate: *mean });
            }
            below = *mean;
        }
        for (segment, duration) in durations.iter().copied().enumerate() {
            if duration == Span::ZERO || duration > MAX_DURATION {
                return Err(FilmError::Duration { segment, duration });
            }
        }
        let mut table = Vec::with_capacity(segments);
        for (segment, row) in sizes.iter().enumerate() {
            if row.len() != rungs {
                return Err(FilmError::Sizes { segment, sizes: row.len(), rungs });
            }
            let bytes = |(rung, size): (usize, &Volume)| match size.bytes() {
                Some(bytes) if bytes > Bytes::ZERO && *size <= MAX_SEGMENT => Ok(bytes),
                _ => Err(FilmError::Size { segment, rung, bits: size.bits() }),
            };
            table.push(row.iter().enumerate().map(bytes).collect::<Result<Vec<_>, _>>()?);
        }
        let content = Content::given(ladder, durations, Sizes { segments: table });
        // All that it refuses was refused above.
        let content = Arc::new(content.map_err(|_| FilmError::Segments(segments))?);
        Ok(Self { content, rungs, sizes: sizes.iter().flatten().copied().collect() })
    }

    /// What its players know of it.
    pub fn content(&self) -> &Arc<Content> {
        &self.content
    }

    /// The exact size of what a request is for; `None` for anything but a segment of the film.
    pub(crate) fn size(&self, resource: Resource) -> Option<Volume> {
        match resource {
            Resource::Segment { rung, segment } if rung < self.rungs => {
                self.sizes.get(segment * self.rungs + rung).copied()
            }
            _ => None,
        }
    }
}
