//! How old a stream is, from its playlists.

use crate::reading::{Newest, Seen};
use weir_core::playlist::{Date, Media};
use weir_units::Time;

/// Follows the playlist of one origin.
#[derive(Debug, Default)]
pub struct Follower {
    /// The newest segment, and when it was first seen.
    last: Option<(Mark, Time)>,
}

/// What changes when a segment is added.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    sequence: u64,
    uri: String,
}

impl Follower {
    /// What a playlist says that arrived at `now`, which is `date` on the world's clock. `None` if
    /// it has no segment.
    ///
    /// The age counts from the end of the newest segment: as EXT-X-PROGRAM-DATE-TIME says it, or,
    /// without one, from when the segment was first seen here. A date in the future is an age of
    /// zero.
    pub fn read(&mut self, now: Time, date: Date, playlist: &Media) -> Option<Seen> {
        let newest = playlist.segments.last()?;
        let sequence = playlist.sequence + (playlist.segments.len() as u64).saturating_sub(1);
        let mark = Mark { sequence, uri: newest.uri.as_str().to_owned() };
        let since = match &self.last {
            Some((known, since)) if *known == mark => *since,
            _ => now,
        };
        self.last = Some((mark, since));
        let age = match playlist.newest_end() {
            Some(end) => date.since(end),
            None => now.since(since),
        };
        let newest = Newest { sequence, began: newest.date, duration: newest.duration };
        Some(Seen { age, newest })
    }

    /// Forgets what was seen: without dates, a stream that comes back is as old as new.
    pub fn forget(&mut self) {
        self.last = None;
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
