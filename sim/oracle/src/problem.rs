//! What is asked: the content, the network, the player and the score.

use crate::Error;
use crate::limits;
use weir_core::Qoe;
use weir_trace::{Trace, Volume};
use weir_units::{Span, Time};

/// How the time between a request and its first byte is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Latency {
    /// Every request waits this long before its first byte, and the trace goes on meanwhile.
    Fixed(Span),
    /// As the trace tells it: [`Trace::answered`]. None if it tells none.
    Trace,
    /// This is added to every download, and the trace stands still meanwhile. So has the chunk
    /// model of Pensieve its round-trip time (hongzimao/pensieve 1120bb1, `env.py`).
    Beside(Span),
}

/// What the clairvoyant player knows: everything.
#[derive(Debug, Clone)]
pub struct Problem<'a> {
    /// The rate that its downloads get.
    pub trace: &'a Trace,
    /// Where in the trace the session begins.
    pub start: Time,
    /// The size of every segment at every rung: `sizes[segment][rung]`.
    pub sizes: &'a [Vec<Volume>],
    /// How long each segment plays.
    pub segment: Span,
    /// A request is made only when the buffer has room for its segment below this.
    pub max_buffer: Span,
    /// Playback begins with this much in the buffer, or with all that fits or is left.
    pub startup: Span,
    /// The rung of the first segment, where it is not for the player to choose.
    pub first: Option<usize>,
    /// The time from a request to its first byte.
    pub latency: Latency,
    /// What is maximized.
    pub qoe: Qoe,
}

impl Problem<'_> {
    /// The most segments of a session.
    pub const MAX_SEGMENTS: usize = limits::MAX_SEGMENTS;

    /// The most rungs of a ladder.
    pub const MAX_RUNGS: usize = limits::MAX_RUNGS;

    /// The longest segment, buffer and latency: a day.
    pub const MAX_SPAN: Span = limits::MAX_SPAN;

    /// The number of segments.
    pub fn segments(&self) -> usize {
        self.sizes.len()
    }

    /// The number of rungs.
    pub fn rungs(&self) -> usize {
        self.qoe.utilities.len()
    }

    /// How much is downloaded before playback begins, in segments.
    pub fn startup_segments(&self) -> usize {
        let full = self.max_buffer.ns() / self.segment.ns().max(1);
        let wanted = self.startup.ns().div_ceil(self.segment.ns().max(1));
        usize::try_from(wanted.min(full)).unwrap_or(usize::MAX).clamp(1, self.segments().max(1))
    }

    /// When the download of a segment ends that is requested at `time`. Both are moments of the
    /// trace. `None` if it never ends.
    pub(crate) fn download(&self, time: Time, size: Volume) -> Option<Time> {
        self.trace.delivered(self.answered(time), size)
    }

    /// When the first byte can come that is requested at `time`; both are moments of the trace.
    pub(crate) fn answered(&self, time: Time) -> Time {
        match self.latency {
            Latency::Fixed(latency) => time.after(latency),
            Latency::Trace => self.trace.answered(time),
            Latency::Beside(_) => time,
        }
    }

    /// What is added to every download while the trace stands still.
    pub(crate) fn beside(&self) -> Span {
        match self.latency {
            Latency::Beside(latency) => latency,
            Latency::Fixed(_) | Latency::Trace => Span::ZERO,
        }
    }

    /// Refuses what is no problem.
    ///
    /// # Errors
    /// Names what is out of range, and what was expected.
    pub fn check(&self) -> Result<(), Error> {
        let (segments, rungs) = (self.segments(), self.rungs());
        if !(1..=Self::MAX_SEGMENTS).contains(&segments) {
            return Err(Error::Segments(segments));
        }
        if !(1..=Self::MAX_RUNGS).contains(&rungs) {
            return Err(Error::Rungs(rungs));
        }
        for (segment, row) in self.sizes.iter().enumerate() {
            if row.len() != rungs {
                return Err(Error::Row { segment, got: row.len(), rungs });
            }
            if let Some(rung) = row.iter().position(|size| *size < Volume::from_bits(1)) {
                return Err(Error::Size { segment, rung });
            }
        }
        if !(Span::from_ms(1)..=Self::MAX_SPAN).contains(&self.segment) {
            return Err(Error::Segment(self.segment));
        }
        if !(self.segment..=Self::MAX_SPAN).contains(&self.max_buffer) {
            return Err(Error::Buffer { got: self.max_buffer, segment: self.segment });
        }
        if let Some(got) = self.first.filter(|first| *first >= rungs) {
            return Err(Error::First { got, rungs });
        }
        if self.beside() >= self.segment {
            return Err(Error::Beside { got: self.beside(), segment: self.segment });
        }
        if let Latency::Fixed(got) = self.latency
            && got > Self::MAX_SPAN
        {
            return Err(Error::Latency(got));
        }
        Ok(self.qoe.check()?)
    }
}
