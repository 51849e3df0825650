//! The segments in the buffer of a live session, and the playhead among them.

use crate::playlist::Date;
use std::collections::VecDeque;
use weir_units::Span;

/// A segment in the buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Queued {
    /// Its place on the line of time.
    pub place: i64,
    /// Where it begins there.
    pub start: Span,
    /// How long it plays.
    pub duration: Span,
    /// The index of its request in the metrics.
    pub request: u32,
    /// When its first picture was captured, if it says.
    pub captured: Option<Date>,
}

/// What a jump left out of one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// The index of the segment's request in the metrics.
    pub request: u32,
    /// Media of it that will not be played.
    pub media: Span,
    /// Whether some of it was played.
    pub shown: bool,
}

/// The segments in the order in which they play.
#[derive(Debug, Default)]
pub(super) struct Queue {
    segments: VecDeque<Queued>,
    /// The media played before the first of them.
    before: Span,
    /// The requests of those that were played, if only in part.
    shown: Vec<u32>,
    /// Where the last segment ends that was ever added.
    tail: Option<Span>,
}

impl Queue {
    /// Adds the next segment. Returns what lies between it and the one before it, if that is not
    /// nothing.
    pub fn add(&mut self, segment: Queued) -> Option<Span> {
        let gap = self.tail.and_then(|tail| segment.start.checked_sub(tail));
        self.tail = Some(segment.start.saturating_add(segment.duration));
        self.segments.push_back(segment);
        gap.filter(|gap| *gap > Span::ZERO)
    }

    /// Where the next segment begins if nothing is missing; `None` before the first.
    pub fn tail(&self) -> Option<Span> {
        self.tail
    }

    /// Goes on to where so much has been played.
    pub fn advance(&mut self, played: Span) {
        while let Some(first) = self.segments.front() {
            let end = self.before.saturating_add(first.duration);
            if end > played {
                break;
            }
            self.before = end;
            self.shown.push(first.request);
            self.segments.pop_front();
        }
    }

    /// How much of the first segment is still to be played where so much has been; `None` of an
    /// empty buffer.
    pub fn left_of_first(&self, played: Span) -> Option<Span> {
        let first = self.segments.front()?;
        Some(self.before.saturating_add(first.duration).saturating_sub(played))
    }

    /// How much of the first segment has been played.
    pub fn played_of_first(&self, played: Span) -> Span {
        self.segments.front().map_or(Span::ZERO, |_| played.saturating_sub(self.before))
    }

    /// The playhead on the line of time, where so much has been played; `None` before the first
    /// segment.
    pub fn playhead(&self, played: Span) -> Option<Span> {
        let first = self.segments.front();
        first
            .map(|first| first.start.saturating_add(played.saturating_sub(self.before)))
            .or(self.tail)
    }

    /// When the picture at the playhead was captured.
    pub fn captured(&self, played: Span) -> Option<Date> {
        let first = self.segments.front()?;
        Some(first.captured?.after(played.saturating_sub(self.before)))
    }

    /// The place of the segment at the playhead.
    pub fn first(&self) -> Option<i64> {
        self.segments.front().map(|segment| segment.place)
    }

    /// Jumps from where so much has been played to the begin of the segment at `place`, which need
    /// not be there yet and begins at `start`. Returns what is left out of each segment.
    pub fn jump(&mut self, played: Span, place: i64, start: Span) -> Vec<LeftOut> {
        let mut left_out = Vec::new();
        while let Some(first) = self.segments.front().copied().filter(|s| s.place < place) {
            let seen = played.saturating_sub(self.before);
            let media = first.duration.saturating_sub(seen);
            let shown = seen > Span::ZERO;
            left_out.push(LeftOut { request: first.request, media, shown });
            if shown {
                self.shown.push(first.request);
            }
            self.before = played;
            self.segments.pop_front();
        }
        if self.segments.is_empty() {
            self.tail = Some(start);
        }
        left_out
    }

    /// The requests of what was or would have been shown, in the order of presentation.
    pub fn into_shown(self) -> Vec<u32> {
        self.shown.into_iter().chain(self.segments.iter().map(|segment| segment.request)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queued(place: i64, start_s: u64) -> Queued {
        let (start, duration) = (Span::from_s(start_s), Span::from_s(2));
        let captured = Some(Date::from_unix(Span::from_s(1000 + start_s)));
        Queued { place, start, duration, request: place as u32, captured }
    }

    #[test]
    fn the_playhead_goes_through_the_segments_and_over_gaps() {
        let mut queue = Queue::default();
        assert_eq!((queue.playhead(Span::ZERO), queue.tail()), (None, None));
        assert_eq!(queue.add(queued(0, 10)), None);
        assert_eq!(queue.add(queued(1, 12)), None);
        assert_eq!(queue.add(queued(5, 20)), Some(Span::from_s(6)));
        let mut at = |ms| {
            let played = Span::from_ms(ms);
            queue.advance(played);
            let captured = queue.captured(played).map(|date| date.unix().ms());
            (queue.playhead(played).unwrap().ms(), captured)
        };
        assert_eq!(at(500), (10_500, Some(1_010_500)));
        assert_eq!(at(3999), (13_999, Some(1_013_999)));
        assert_eq!(at(4000), (20_000, Some(1_020_000)));
        assert_eq!(at(6000), (22_000, None));
        assert_eq!(queue.into_shown(), [0, 1, 5]);
    }

    #[test]
    fn a_jump_leaves_out_the_rest_of_what_plays_and_all_that_lies_between() {
        let mut queue = Queue::default();
        for n in 0..4 {
            assert_eq!(queue.add(queued(n, 2 * n as u64)), None);
        }
        let played = Span::from_ms(500);
        queue.advance(played);
        let left = |request, ms, shown| LeftOut { request, media: Span::from_ms(ms), shown };
        let expected = [left(0, 1500, true), left(1, 2000, false)];
        assert_eq!(queue.jump(played, 2, Span::from_s(4)), expected);
        assert_eq!(queue.playhead(played), Some(Span::from_s(4)));
        assert_eq!(queue.jump(played, 9, Span::from_s(18)).len(), 2);
        assert_eq!(queue.playhead(played), Some(Span::from_s(18)));
        assert_eq!(queue.add(queued(9, 18)), None, "the jump has accounted for it");
        assert_eq!(queue.into_shown(), [0, 9]);
    }
}
