//! What is in the buffer, segment by segment.

use weir_units::Span;

/// The segments that were downloaded, in the order in which they play. Segments are counted from
/// the first of the session.
#[derive(Debug, Default)]
pub(super) struct Buffered {
    rungs: Vec<usize>,
    /// For each the place of its request in the metrics.
    places: Vec<u32>,
    /// The segment at the playhead: the first that has not been played to its end.
    front: usize,
    /// The media before it.
    before: Span,
}

impl Buffered {
    /// An empty buffer, for as many segments.
    pub fn for_segments(count: usize) -> Self {
        let (rungs, places) = (Vec::with_capacity(count), Vec::with_capacity(count));
        Self { rungs, places, ..Self::default() }
    }

    /// Whether no segment was ever added.
    pub fn none_yet(&self) -> bool {
        self.rungs.is_empty()
    }

    /// Adds the next segment.
    pub fn add(&mut self, rung: usize, place: usize) {
        self.rungs.push(rung);
        self.places.push(u32::try_from(place).unwrap_or(u32::MAX));
    }

    /// Goes on to where so much has been played.
    pub fn advance(&mut self, played: Span, duration: impl Fn(usize) -> Span) {
        while self.front < self.rungs.len() {
            let end = self.before.saturating_add(duration(self.front));
            if end > played {
                break;
            }
            (self.before, self.front) = (end, self.front + 1);
        }
    }

    /// Replaces a segment that has not begun to play where so much has been played; returns whether
    /// that was so.
    pub fn replace(&mut self, segment: usize, played: Span, rung: usize, place: usize) -> bool {
        let begun = segment < self.front || (segment == self.front && played > self.before);
        if begun || segment >= self.rungs.len() {
            return false;
        }
        self.rungs[segment] = rung;
        self.places[segment] = u32::try_from(place).unwrap_or(u32::MAX);
        true
    }

    /// The rungs of the segments in the buffer.
    pub fn rungs(&self) -> &[usize] {
        self.rungs.get(self.front..).unwrap_or_default()
    }

    /// How much of the first of them has been played.
    pub fn played_of_first(&self, played: Span) -> Span {
        if self.front < self.rungs.len() { played.saturating_sub(self.before) } else { Span::ZERO }
    }

    /// For each segment that was added the place of the request that it is from.
    pub fn into_places(self) -> Vec<u32> {
        self.places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_replaced_until_it_begins_to_play() {
        let mut buffered = Buffered::for_segments(3);
        let two_seconds = |_| Span::from_s(2);
        (0..3).for_each(|place| buffered.add(0, place));
        let played = Span::from_ms(2500);
        buffered.advance(played, two_seconds);
        assert_eq!(buffered.rungs(), [0, 0]);
        assert_eq!(buffered.played_of_first(played), Span::from_ms(500));
        assert!(!buffered.replace(0, played, 5, 3), "it has played");
        assert!(!buffered.replace(1, played, 5, 3), "it plays");
        assert!(!buffered.replace(3, played, 5, 3), "it is not there");
        assert!(buffered.replace(2, played, 5, 3));
        let played = Span::from_s(4);
        buffered.advance(played, two_seconds);
        assert_eq!(buffered.rungs(), [5]);
        assert!(buffered.replace(2, played, 6, 4), "nothing of it has played");
        assert_eq!(buffered.into_places(), [0, 1, 4]);
    }
}
