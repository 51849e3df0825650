//! What a session fetches, and how one fetch went.

use crate::metrics::SegmentMetrics;
use crate::playlist::{MAX_PLAYLIST, Sizes, Uri};
use std::fmt;
use weir_units::{Bytes, Ratio, Span, Time};

/// Something that is fetched with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// The master playlist.
    Master,
    /// The media playlist of a rung.
    Media {
        /// The rung.
        rung: usize,
    },
    /// The size table.
    Sizes,
    /// An initialization section.
    Init {
        /// The rung.
        rung: usize,
        /// The segment that needs it.
        segment: usize,
    },
    /// A segment.
    Segment {
        /// The rung.
        rung: usize,
        /// The segment of the content.
        segment: usize,
    },
}

/// The largest segment: an hour at 2 Mbit/s, or 80 s at 100 Mbit/s. It bounds what a server can
/// make a session download, not what is kept: segments are counted and dropped.
const MAX_SEGMENT_BYTES: Bytes = Bytes::new(1_000_000_000);

impl Resource {
    /// Whether the session reads all of the body.
    pub const fn is_document(self) -> bool {
        matches!(self, Self::Master | Self::Media { .. } | Self::Sizes)
    }

    /// The largest body that a driver may accept.
    pub const fn limit(self) -> Bytes {
        match self {
            Self::Master | Self::Media { .. } => Bytes::new(MAX_PLAYLIST as u64),
            Self::Sizes => Bytes::new(Sizes::MAX as u64),
            Self::Init { .. } | Self::Segment { .. } => MAX_SEGMENT_BYTES,
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Master => write!(f, "the master playlist"),
            Self::Media { rung } => write!(f, "the media playlist of rung {rung}"),
            Self::Sizes => write!(f, "the size table"),
            Self::Init { rung, segment } => {
                write!(f, "the initialization section of segment {segment} at rung {rung}")
            }
            Self::Segment { rung, segment } => write!(f, "segment {segment} at rung {rung}"),
        }
    }
}

/// A request that the driver is to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What it is for.
    pub resource: Resource,
    /// What to get; `None` of content that was given: the driver knows the segment.
    pub uri: Option<Uri>,
    /// When it was due, since the start of the session: now, or before now by as much as the
    /// driver was late. All metrics count from here.
    pub at: Time,
    /// How much of the beginning of the body the session reads, so that the driver must keep it and
    /// hand it over ([`Event::Complete`]). The rest is counted and dropped.
    pub keep: Bytes,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// The moment that [`Output::Wait`](super::Output::Wait) named has come, or any other: looking
    /// never harms.
    Timeout,
    /// The head of a response arrived.
    Response {
        /// Its HTTP status.
        status: u16,
        /// The size of the body (Content-Length), if the server says it.
        length: Option<Bytes>,
    },
    /// A piece of the body arrived.
    Body {
        /// How much.
        bytes: Bytes,
    },
    /// So much of the body has arrived in all: how a fluid network says it, which has no pieces.
    /// The first of these is the first byte.
    Arrived {
        /// Whole bytes.
        bytes: Bytes,
        /// How much of the next byte.
        part: Ratio,
    },
    /// All of a body that flowed has arrived: as an `Arrived` with its first byte, another with all
    /// of it now, and `Complete`.
    Whole {
        /// When its first byte arrived.
        first_byte: Time,
        /// Whole bytes.
        bytes: Bytes,
    },
    /// The body is complete.
    Complete {
        /// Its beginning, as much of it as [`Request::keep`] says or more.
        document: &'a [u8],
    },
    /// The fetch failed, and nothing more will come of it.
    Failed {
        /// Why.
        reason: &'a str,
    },
}

/// How the fetch in progress goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transfer {
    pub requested: Time,
    pub status: Option<u16>,
    /// The size of the body, as the server says.
    pub length: Option<Bytes>,
    pub first_byte: Option<Time>,
    pub last_byte: Time,
    pub bytes: u64,
    /// How much of the next byte has arrived.
    pub part: Ratio,
    pub reads: u64,
}

impl Transfer {
    pub fn new(requested: Time) -> Self {
        Self {
            requested,
            status: None,
            length: None,
            first_byte: None,
            last_byte: requested,
            bytes: 0,
            part: Ratio::ZERO,
            reads: 0,
        }
    }

    /// Takes in what an event says of the response.
    #[inline]
    pub fn on_event(&mut self, now: Time, event: &Event<'_>) {
        match *event {
            Event::Response { status, length } => {
                (self.status, self.length) = (Some(status), length);
            }
            Event::Body { bytes } => self.body(now, bytes),
            Event::Arrived { bytes, part } => self.arrived(now, bytes, part),
            Event::Whole { first_byte, bytes } => {
                self.arrived(first_byte, Bytes::ZERO, Ratio::ZERO);
                self.arrived(now, bytes, Ratio::ZERO);
            }
            Event::Timeout | Event::Complete { .. } | Event::Failed { .. } => {}
        }
    }

    /// Takes note of how much has arrived in all, of a body that flows.
    pub fn arrived(&mut self, now: Time, bytes: Bytes, part: Ratio) {
        self.first_byte.get_or_insert(now);
        self.last_byte = now;
        self.bytes = bytes.get();
        self.part = part;
    }

    /// Counts a piece of the body.
    fn body(&mut self, now: Time, bytes: Bytes) {
        if bytes > Bytes::ZERO {
            self.first_byte.get_or_insert(now);
            self.last_byte = now;
            self.bytes = self.bytes.saturating_add(bytes.get());
            self.reads += 1;
        }
    }

    /// What the request was like, which is over now: all but what is known of the segment.
    // Once for each request: the model has millions.
    #[inline]
    pub fn metrics(&self, now: Time, err: Option<String>) -> SegmentMetrics {
        let end = if err.is_none() { self.last_byte } else { now };
        SegmentMetrics {
            requested: self.requested,
            status: self.status,
            ttfb: self.ttfb(),
            transfer: self.time().filter(|_| err.is_none()),
            download: end.since(self.requested),
            bytes: Bytes::new(self.bytes),
            reads: self.reads,
            err,
            ..SegmentMetrics::default()
        }
    }

    /// From the request to the first byte of the body.
    pub fn ttfb(&self) -> Option<Span> {
        self.first_byte.map(|first| first.since(self.requested))
    }

    /// From the first to the last byte of the body so far.
    pub fn time(&self) -> Option<Span> {
        self.first_byte.map(|first| self.last_byte.since(first))
    }
}
