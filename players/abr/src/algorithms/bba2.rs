//! BBA-2: BBA-1 that starts by throughput (SIGCOMM 2014, section 6; see `bba.rs`).

use crate::bba::{ChunkMap, rung_before};
use crate::registry::Entry;
use crate::{Abr, Decision, Observation};
use alloc::boxed::Box;

pub(crate) const ENTRY: Entry = Entry {
    name: "bba2",
    about: "BBA-2: BBA-1 with a start by throughput (Huang et al., SIGCOMM 2014)",
    params: &[],
    verified: None,
    build: |_| Ok(Box::new(Bba2 { map: ChunkMap::default(), starting: true })),
};

/// The share of a segment's duration by which the buffer must grow for a step up: with an empty
/// buffer, and with a full cushion.
const STEP: (f64, f64) = (0.875, 0.5);

/// The algorithm `bba2`.
struct Bba2 {
    map: ChunkMap,
    starting: bool,
}

impl Abr for Bba2 {
    /// Begins at the lowest rung, and goes one up after each download that left enough of its
    /// segment's time. The start is over when the buffer shrinks, or the map is above it.
    fn decide(&mut self, seen: &Observation) -> Decision {
        self.map.update(seen, !self.starting);
        let before = rung_before(seen);
        let map = self.map.rung(seen, before);
        let Some(last) = seen.newest_added().filter(|_| self.starting) else {
            return Decision::now(if self.starting { 0 } else { map });
        };
        let media = last.media.as_secs_f64();
        let grown = media - last.ttfb.saturating_add(last.transfer).as_secs_f64();
        if grown < 0.0 || map > before {
            self.starting = false;
            return Decision::now(map);
        }
        let needed = STEP.0 + (STEP.1 - STEP.0) * self.map.fullness(seen);
        let up = usize::from(grown > needed * media);
        Decision::now((before + up).min(seen.top()))
    }

    fn abandons(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{download, observation};
    use alloc::vec;
    use weir_units::{Span, Time};

    #[test]
    fn the_start_climbs_one_rung_at_a_time_and_ends_when_the_buffer_shrinks() {
        let mut abr = Bba2 { map: ChunkMap::default(), starting: true };
        let mut seen = observation(&[235, 560, 1750, 5000]);
        seen.max_buffer = Span::from_s(240);
        seen.buffer = Span::from_s(3);
        assert_eq!(abr.decide(&seen).rung, 0);
        let mut last = 0;
        // Segments play 3 s: 0.2 s leaves 93 %, 0.9 s leaves 70 %, and 4 s nothing.
        for (step, (took, rung)) in
            [(200, 1), (200, 2), (900, 2), (4_000, 0)].into_iter().enumerate()
        {
            let finished = Time::from_ns(step as u64 + 1);
            let mut newest = download(1000, Span::from_ms(took - 40), finished);
            newest.rung = last;
            seen.downloads = vec![newest];
            last = abr.decide(&seen).rung;
            assert_eq!(last, rung, "after {took} ms");
        }
        assert!(!abr.starting);
    }
}
