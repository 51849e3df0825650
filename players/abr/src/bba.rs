//! The chunk map of BBA-1 and BBA-2: a straight line from the buffer to the size of a segment.
//!
//! T.-Y. Huang, R. Johari, N. McKeown, M. Trunnell, M. Watson: "A buffer-based approach to rate
//! adaptation", SIGCOMM 2014, sections 5 and 6. The paper's player keeps 240 s; its times are given
//! here as shares of the buffer, for players that keep less.

use crate::Observation;

/// Where the map reaches the highest rung: 90 % of the buffer.
const FULL: f64 = 0.9;
/// The least and the most reservoir: 8 s and 140 s of 240 s.
const RESERVOIR: (f64, f64) = (8.0 / 240.0, 140.0 / 240.0);
/// What protects from outages grows by 400 ms with a segment of 4 s, up to 80 s of 240 s, ...
const PROTECTION_GROWS: f64 = 0.1;
const PROTECTION: f64 = 80.0 / 240.0;
/// ... while the buffer is below 75 %.
const PROTECTION_BELOW: f64 = 0.75;

/// The map, and what it has learnt in this session.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct ChunkMap {
    /// In seconds.
    protection: f64,
    /// The buffer at the last decision, in seconds.
    before: f64,
}

impl ChunkMap {
    /// Takes in the buffer of a decision: one that grows adds to the protection, if that may
    /// accrue.
    pub(crate) fn update(&mut self, seen: &Observation, accrues: bool) {
        let (buffer, most) = (seen.buffer_seconds(), seen.max_buffer.as_secs_f64());
        if accrues && buffer > self.before && buffer < PROTECTION_BELOW * most {
            let grown = self.protection + PROTECTION_GROWS * seen.segment_seconds();
            self.protection = grown.min(PROTECTION * most);
        }
        self.before = buffer;
    }

    /// What the coming segments at the lowest rung take longer at that rung's rate than they play,
    /// in seconds. The paper looks ahead for twice the buffer; here it is as far as sizes are
    /// known.
    fn reservoir(self, seen: &Observation) -> f64 {
        let rate = seen.mean_bps(0);
        let duration = seen.segment_seconds();
        let lowest = seen.sizes.iter().filter_map(|sizes| sizes.first());
        let longer: f64 = lowest.map(|size| size.get() as f64 * 8.0 / rate - duration).sum();
        let most = seen.max_buffer.as_secs_f64();
        longer.clamp(RESERVOIR.0 * most, RESERVOIR.1 * most) + self.protection
    }

    /// The rung of the map, given the one before.
    pub(crate) fn rung(self, seen: &Observation, before: usize) -> usize {
        let top = seen.top();
        let (buffer, reservoir) = (seen.buffer_seconds(), self.reservoir(seen));
        let full = FULL * seen.max_buffer.as_secs_f64();
        if buffer <= reservoir {
            return 0;
        }
        if buffer >= full {
            return top;
        }
        let size = |rung: usize| seen.mean_bps(rung) * seen.segment_seconds();
        let slope = (size(top) - size(0)) / (full - reservoir);
        let map = size(0) + slope * (buffer - reservoir);
        if map >= seen.coming_bits((before + 1).min(top)) {
            (0..=top).rev().find(|rung| seen.coming_bits(*rung) < map).unwrap_or(0)
        } else if map <= seen.coming_bits(before.saturating_sub(1)) {
            (0..=top).find(|rung| seen.coming_bits(*rung) > map).unwrap_or(top)
        } else {
            before
        }
    }

    /// How far the cushion is filled.
    pub(crate) fn fullness(self, seen: &Observation) -> f64 {
        let share = seen.buffer_seconds() / (FULL * seen.max_buffer.as_secs_f64());
        // Not a number where the buffer and its limit are zero.
        if share.is_nan() { 0.0 } else { share.min(1.0) }
    }
}

/// The rung of the last segment that was added to the buffer; the lowest before the first.
pub(crate) fn rung_before(seen: &Observation) -> usize {
    seen.newest_added().map_or(0, |download| download.rung.min(seen.top()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::observation;
    use alloc::vec;
    use weir_units::{Bytes, Span};

    fn seen(buffer_s: u64) -> Observation {
        let (buffer, max_buffer) = (Span::from_s(buffer_s), Span::from_s(240));
        let segment_duration = Span::from_s(4);
        let ladder = observation(&[235, 560, 1750, 5000]);
        Observation { buffer, max_buffer, segment_duration, ..ladder }
    }

    #[test]
    fn the_reservoir_is_eight_seconds_where_segments_have_their_mean_size() {
        let map = ChunkMap::default();
        assert_eq!((map.rung(&seen(8), 3), map.rung(&seen(216), 0)), (0, 3));
        // 235 + (5000 - 235) * (112 - 8) / (216 - 8) = 2617.5 kbit/s: between the upper two.
        assert_eq!((map.rung(&seen(112), 0), map.rung(&seen(112), 3)), (2, 3));
    }

    #[test]
    fn large_segments_ahead_enlarge_the_reservoir() {
        let map = ChunkMap::default();
        let mut seen = seen(30);
        // Ten segments that take 8 s at the lowest rate and play 4 s.
        let bytes = |kbps: u64| Bytes::new(kbps * 1000);
        seen.sizes = vec![[235, 560, 1750, 5000].map(bytes).to_vec(); 10];
        assert!((map.reservoir(&seen) - 40.0).abs() < 1e-9);
        assert_eq!(map.rung(&seen, 1), 0);
    }

    #[test]
    fn a_growing_buffer_is_protected() {
        let mut map = ChunkMap::default();
        for buffer in [10, 20, 30, 25, 200] {
            map.update(&seen(buffer), true);
        }
        assert!((map.protection - 1.2).abs() < 1e-12);
    }
}
