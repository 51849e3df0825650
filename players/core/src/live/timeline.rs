//! Where the segments of a live stream lie on one line of time, whichever origin and rung a
//! playlist came from. Segments are counted by *places*: the numbers that the first playlist gave
//! them (EXT-X-MEDIA-SEQUENCE and on), shifted for playlists that count differently.

use crate::playlist::{Date, Media};
use std::collections::BTreeMap;
use weir_units::{Span, Time};

/// By how much the newest segments of two playlists may differ, beyond the segments that one of
/// them lists and those that had time to come, for their numbers to count the same segments.
const SLACK: u64 = 3;

/// The line of time.
#[derive(Debug, Clone, Default)]
pub(super) struct Timeline {
    known: BTreeMap<i64, ListedSegment>,
    /// The newest segment of all, known or forgotten.
    newest: Option<Newest>,
    /// What is added to a playlist's number for the place.
    shift: i64,
}

/// What is known of a segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListedSegment {
    /// Where it begins.
    pub start: Span,
    /// How long it plays.
    pub duration: Span,
}

#[derive(Debug, Clone, Copy)]
struct Newest {
    place: i64,
    /// Where it ends: the live edge.
    end: Span,
    /// Its end on the world's clock, if its playlist says so.
    date: Option<Date>,
    /// When it became known.
    since: Time,
}

/// How a playlist was laid on the line of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Laid {
    /// By its numbers.
    ByNumber,
    /// By its dates.
    ByDate,
    /// After all that was known: nothing tells how the two belong together.
    Afresh,
}

impl Timeline {
    /// The live edge: the end of the newest segment.
    pub fn edge(&self) -> Span {
        self.newest.map_or(Span::ZERO, |newest| newest.end)
    }

    /// The live edge as it is `now`, since the stream goes on while no playlist says so: hls.js's
    /// `estimateLiveEdge`, playlist edge + playlist age.
    pub fn edge_at(&self, now: Time) -> Span {
        self.newest.map_or(Span::ZERO, |newest| newest.end.saturating_add(now.since(newest.since)))
    }

    /// How long ago the newest segment became known.
    pub fn age(&self, now: Time) -> Span {
        self.newest.map_or(Span::ZERO, |newest| now.since(newest.since))
    }

    /// When the newest segment became known.
    pub fn newest_since(&self) -> Option<Time> {
        self.newest.map(|newest| newest.since)
    }

    /// The place of the newest segment.
    pub fn newest(&self) -> Option<i64> {
        self.newest.map(|newest| newest.place)
    }

    /// What is known of a segment.
    pub fn get(&self, place: i64) -> Option<ListedSegment> {
        self.known.get(&place).copied()
    }

    /// How many segments of these are known.
    pub fn count(&self, places: std::ops::Range<i64>) -> u64 {
        self.known.range(places).count() as u64
    }

    /// The place of a number of the playlist that was laid last.
    pub fn place(&self, number: u64) -> i64 {
        i64::try_from(number).unwrap_or(i64::MAX).saturating_add(self.shift)
    }

    /// The number of a place in the playlist that was laid last.
    pub fn number(&self, place: i64) -> u64 {
        u64::try_from(place.saturating_sub(self.shift)).unwrap_or(0)
    }

    /// Lays a playlist that has a segment on the line, and takes in what is new in it. Returns how,
    /// and whether anything was new.
    pub fn lay(&mut self, media: &Media, now: Time) -> (Laid, bool) {
        let count = media.segments.len() as u64;
        let last = i64::try_from(media.sequence.saturating_add(count.saturating_sub(1)));
        let last = last.unwrap_or(i64::MAX);
        let laid = match self.newest {
            None => Laid::ByNumber,
            Some(newest) => {
                // How far the newest segments may be from each other.
                let span = mean_duration(media);
                let come = now.since(newest.since).ns() / span.ns().max(1);
                let back = i64::try_from(count + SLACK).unwrap_or(i64::MAX);
                let ahead = i64::try_from(come.saturating_add(count + SLACK)).unwrap_or(i64::MAX);
                let near = |off: i64| (-back..=ahead).contains(&off);
                if near(last.saturating_add(self.shift).saturating_sub(newest.place)) {
                    Laid::ByNumber
                } else if let Some(off) = off_by_date(newest, media, span).filter(|off| near(*off))
                {
                    self.shift = newest.place.saturating_add(off).saturating_sub(last);
                    Laid::ByDate
                } else {
                    let first = i64::try_from(media.sequence).unwrap_or(i64::MAX);
                    self.shift = newest.place.saturating_add(1).saturating_sub(first);
                    Laid::Afresh
                }
            }
        };
        (laid, self.take(media, now))
    }

    fn take(&mut self, media: &Media, now: Time) -> bool {
        let before = self.newest();
        for (number, segment) in (media.sequence..).zip(&media.segments) {
            let place = self.place(number);
            let (duration, end) = (segment.duration, self.edge());
            let start = match self.newest {
                Some(newest) if place <= newest.place => continue,
                // Segments that no playlist listed while somebody looked.
                Some(newest) => {
                    let missing = place.abs_diff(newest.place).saturating_sub(1);
                    end.saturating_add(duration.checked_mul(missing).unwrap_or(Span::MAX))
                }
                None => Span::ZERO,
            };
            let end = start.saturating_add(duration);
            let date = segment.date.map(|date| date.after(duration));
            self.known.insert(place, ListedSegment { start, duration });
            self.newest = Some(Newest { place, end, date, since: now });
        }
        self.newest() != before
    }

    /// The segment with which a player begins that aims at this latency: the newest that begins so
    /// far from the live edge, or the oldest from `first` on.
    pub fn start(&self, target: Span, first: i64) -> Option<i64> {
        let latest = self.edge().saturating_sub(target);
        let mut places = self.known.range(first..);
        let begins = self.known.range(first..).rev().find(|(_, known)| known.start <= latest);
        begins.or_else(|| places.next()).map(|(place, _)| *place)
    }

    /// Forgets the segments before this place.
    pub fn forget(&mut self, before: i64) {
        self.known = self.known.split_off(&before);
    }
}

fn mean_duration(media: &Media) -> Span {
    let sum = media.segments.iter().fold(0, |sum, s| sum + u128::from(s.duration.ns()));
    let mean = sum.checked_div(media.segments.len() as u128).unwrap_or(0);
    Span::from_ns(u64::try_from(mean).unwrap_or(u64::MAX))
}

/// By how many segments of this duration the playlist's newest is after the newest known, by their
/// dates.
fn off_by_date(newest: Newest, media: &Media, duration: Span) -> Option<i64> {
    let (known, new) = (newest.date?.unix().ns(), media.newest_end()?.unix().ns());
    let off = i128::from(new) - i128::from(known);
    let duration = i128::from(duration.ns().max(1));
    // To the nearest.
    let segments = (2 * off + duration).div_euclid(2 * duration);
    i64::try_from(segments).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playlist::Uri;

    fn playlist(first: u64, count: u64, began: Option<&str>) -> Media {
        let date = began.map(|date| format!("#EXT-X-PROGRAM-DATE-TIME:{date}\n"));
        let segments: String = (0..count).map(|n| format!("#EXTINF:2,\n{n}\n")).collect();
        let text = format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n{}{segments}",
            date.unwrap_or_default()
        );
        Media::parse_live(text.as_bytes(), &Uri::parse("http://a/b").unwrap()).unwrap()
    }

    fn at(s: u64) -> Time {
        Time::ZERO.after(Span::from_s(s))
    }

    #[test]
    fn new_segments_follow_and_known_ones_stay() {
        let mut line = Timeline::default();
        assert_eq!(line.lay(&playlist(100, 5, None), at(0)), (Laid::ByNumber, true));
        assert_eq!((line.edge(), line.newest()), (Span::from_s(10), Some(104)));
        assert_eq!(line.lay(&playlist(100, 5, None), at(1)), (Laid::ByNumber, false));
        assert_eq!(line.edge_at(at(3)), Span::from_s(13));
        // A gap counts as much as it should have lasted.
        assert_eq!(line.lay(&playlist(107, 2, None), at(4)), (Laid::ByNumber, true));
        assert_eq!(line.get(107).unwrap().start, Span::from_s(14));
        assert!(line.get(105).is_none());
        assert_eq!((line.edge_at(at(4)), line.age(at(6))), (Span::from_s(18), Span::from_s(2)));
        // Late news is none.
        assert_eq!(line.lay(&playlist(101, 5, None), at(5)), (Laid::ByNumber, false));
    }

    #[test]
    fn after_a_long_silence_numbers_may_have_gone_on() {
        let mut line = Timeline::default();
        line.lay(&playlist(100, 5, None), at(0));
        assert_eq!(line.lay(&playlist(150, 5, None), at(100)), (Laid::ByNumber, true));
        assert_eq!(line.lay(&playlist(250, 5, None), at(101)), (Laid::Afresh, true));
        assert_eq!(line.newest(), Some(159));
    }

    #[test]
    fn other_numbers_are_told_apart_by_their_dates() {
        let mut line = Timeline::default();
        line.lay(&playlist(100, 5, Some("2026-01-01T00:00:00Z")), at(0));
        // The same segments 3 to 7, counted otherwise, and half a second off.
        let other = playlist(0, 5, Some("2026-01-01T00:00:06.500Z"));
        assert_eq!(line.lay(&other, at(6)), (Laid::ByDate, true));
        assert_eq!((line.newest(), line.place(0), line.number(103)), (Some(107), 103, 0));
        // Nothing but numbers that went back far: after all that was known.
        let unknown = playlist(0, 3, Some("2031-01-01T00:00:00Z"));
        let mut far = line.clone();
        assert_eq!(far.lay(&playlist(5000, 3, None), at(6)), (Laid::Afresh, true));
        assert_eq!((far.place(5000), far.edge()), (108, Span::from_s(22)));
        assert_eq!(line.lay(&unknown, at(6)), (Laid::ByNumber, false), "near enough by number");
    }

    #[test]
    fn a_player_begins_at_its_target() {
        let mut line = Timeline::default();
        assert_eq!(line.start(Span::from_s(6), 0), None);
        line.lay(&playlist(100, 5, None), at(0));
        let start = |s| line.start(Span::from_s(s), 100);
        assert_eq!([6, 5, 0, 60].map(start), [Some(102), Some(102), Some(104), Some(100)]);
        assert_eq!(line.start(Span::from_s(60), 103), Some(103));
        line.forget(104);
        assert_eq!((line.count(0..200), line.start(Span::from_s(6), 0)), (1, Some(104)));
    }
}
