//! What a session fetches, and how one fetch went.

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
    /// hand it over ([`Event::Complete`](super::Event::Complete)). The rest is counted and dropped.
    pub keep: Bytes,
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

    /// Takes note of how much has arrived in all, of a body that flows.
    pub fn arrived(&mut self, now: Time, bytes: Bytes, part: Ratio) {
        self.first_byte.get_or_insert(now);
        self.last_byte = now;
        self.bytes = bytes.get();
        self.part = part;
    }

    /// Counts a piece of the body.
    pub fn body(&mut self, now: Time, bytes: Bytes) {
        if bytes > Bytes::ZERO {
            self.first_byte.get_or_insert(now);
            self.last_byte = now;
            self.bytes = self.bytes.saturating_add(bytes.get());
            self.reads += 1;
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
