//! How old a stream is, from its playlists.

use crate::reading::{Newest, StreamState};
use weir_core::playlist::{Date, Media, Uri};
use weir_units::{Span, Time};

/// Follows the playlist of one origin.
#[derive(Debug, Default)]
pub struct Follower {
    /// The newest segment, and when it was first seen.
    last: Option<(Mark, Time)>,
}

/// The end of a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveEdge {
    /// Its newest segment.
    pub newest: Newest,
    /// Where that is.
    pub uri: Uri,
    /// When it ended on the world's clock, if the playlist says so.
    pub end: Option<Date>,
}

/// What changes when a segment is added.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    sequence: u64,
    uri: Uri,
}

impl LiveEdge {
    /// The end of a playlist; `None` if it has no segment.
    pub fn of(playlist: &Media) -> Option<Self> {
        let last = playlist.segments.last()?;
        let sequence = playlist.sequence + (playlist.segments.len() as u64).saturating_sub(1);
        Some(Self {
            newest: Newest { sequence, began: last.date, duration: last.duration },
            uri: last.uri.clone(),
            end: playlist.newest_end(),
        })
    }
}

impl Follower {
    /// What a playlist says that arrived at `now`, which is `date` on the world's clock.
    ///
    /// The age counts from the end of the newest segment, as EXT-X-PROGRAM-DATE-TIME says it, or
    /// from when the segment was first seen here, whichever is longer ago. For a segment is seen
    /// after its end, the second counts only where dates are missing, or later than the truth: a
    /// stream that stands still is stale whatever its dates are, at most an interval and a time-out
    /// later.
    pub fn read(&mut self, now: Time, date: Date, edge: &LiveEdge) -> StreamState {
        let mark = Mark { sequence: edge.newest.sequence, uri: edge.uri.clone() };
        let since = match &self.last {
            Some((known, since)) if *known == mark => *since,
            _ => now,
        };
        self.last = Some((mark, since));
        let told = edge.end.map_or(Span::ZERO, |end| date.since(end));
        StreamState { age: told.max(now.since(since)), newest: edge.newest }
    }
}

/// By how many segments the numbers of `other` are ahead of those of `this` for the same media;
/// `None` if it cannot be told, because one has no dates or segments of another length.
///
/// Playlists of two packagers agree if the segment that began at a moment has the same number in
/// both. Half a segment is the tolerance: which of two numbers is meant is then still clear.
pub fn disagreement(this: &Newest, other: &Newest) -> Option<i64> {
    let (began, other_began) = (this.began?, other.began?);
    let length = i128::from(this.duration.ns()).max(1);
    if this.duration.ns().abs_diff(other.duration.ns()) > this.duration.ns() / 4 {
        return None;
    }
    let apart = i128::from(other_began.unix().ns()) - i128::from(began.unix().ns());
    // Rounded to the nearest whole number of segments.
    let segments = (apart + length / 2).div_euclid(length);
    let numbers = i128::from(other.sequence) - i128::from(this.sequence);
    i64::try_from(numbers - segments).ok()
}
