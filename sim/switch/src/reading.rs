//! What a probe of an origin came to.

use std::fmt;
use weir_core::playlist::Date;
use weir_units::Span;

/// A probe's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// From the first request to the last byte, if the origin answered.
    pub took: Option<Span>,
    /// What was seen, or why it is not good.
    pub result: Result<StreamState, Bad>,
}

/// What a playlist says of its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamState {
    /// How long ago the newest segment ended.
    pub age: Span,
    /// The newest segment.
    pub newest: Newest,
}

/// The newest segment of a playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest {
    /// Its number.
    pub sequence: u64,
    /// When it began, if the playlist says so.
    pub began: Option<Date>,
    /// How long it plays.
    pub duration: Span,
}

/// Why an origin is not to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bad {
    /// No connection, or one that broke.
    Unreachable(String),
    /// No answer in time.
    TimedOut(Span),
    /// An HTTP status other than 200.
    Status(u16),
    /// What came is no playlist; why.
    Playlist(String),
    /// The stream does not go on: so long ago its newest segment ended.
    Stale(StreamState),
}

impl Bad {
    /// A word for metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut(_) => "timeout",
            Self::Status(_) => "status",
            Self::Playlist(_) => "playlist",
            Self::Stale(_) => "stale",
        }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "not reachable: {why}"),
            Self::TimedOut(span) => write!(f, "no answer within {span}"),
            Self::Status(status) => write!(f, "HTTP status {status}"),
            Self::Playlist(why) => write!(f, "no playlist: {why}"),
            Self::Stale(seen) => {
                let age = Span::from_ms(seen.age.ms());
                write!(f, "stale: its newest segment ended {age} ago")
            }
        }
    }
}

impl Reading {
    /// What was seen of the stream, good or stale.
    pub const fn seen(&self) -> Option<StreamState> {
        match &self.result {
            Ok(seen) | Err(Bad::Stale(seen)) => Some(*seen),
            Err(_) => None,
        }
    }
}
