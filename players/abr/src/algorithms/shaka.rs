//! Shaka Player's controller (shaka-project/shaka-player 35b290e, `SimpleAbrManager`).
//!
//! Not modelled: dropped frames, restrictions by screen size, the browser's network information.

use crate::estimate::{ShakaEstimate, rate};
use crate::observation::Cursor;
use crate::registry::{Entry, Param};
use crate::{Abr, Decision, Observation};
use alloc::boxed::Box;
use weir_units::{BitRate, Span, Time};

pub(crate) const ENTRY: Entry = Entry {
    name: "shaka",
    about: "Shaka Player 5: a rung for each range of throughput, changed every 8 s at most",
    params: &[
        Param {
            name: "initial",
            default: "1 Mbit/s",
            doc: "the throughput that is assumed before 128 kB have come",
        },
        Param {
            name: "interval",
            default: "8 s",
            doc: "how long a choice holds: `switchInterval`",
        },
    ],
    verified: None,
    build: |params| {
        Ok(Box::new(Shaka {
            interval: params.span("interval")?,
            estimate: ShakaEstimate::new(params.rate("initial")?.bps() as f64),
            cursor: Cursor::new(),
            chosen: None,
            started: false,
        }))
    },
};

/// `bandwidthDowngradeTarget`: a rung needs its rate to be at most this share of the throughput.
const NEEDS: f64 = 0.95;
/// `bandwidthUpgradeTarget`: it is left when the next one's rate is below this share.
const LEAVES: f64 = 0.85;

/// The algorithm `shaka`.
struct Shaka {
    interval: Span,
    estimate: ShakaEstimate,
    cursor: Cursor,
    /// The rung, and when it was chosen.
    chosen: Option<(usize, Time)>,
    /// Whether a choice was made with a good estimate.
    started: bool,
}

impl Shaka {
    /// The highest rung whose range of throughput holds the estimate; ranges overlap.
    fn choose(&self, seen: &Observation) -> usize {
        let (bps, speed) = (self.estimate.bps(), seen.speed.as_f64());
        let needs = |rung: usize| speed * seen.mean_bps(rung);
        let mut chosen = 0;
        for rung in 0..seen.ladder.len() {
            let here = seen.mean_bps(rung);
            let next = (rung + 1..seen.ladder.len()).find(|next| seen.mean_bps(*next) != here);
            let leaves = next.map_or(f64::INFINITY, |next| needs(next) / LEAVES);
            let is_new = here != seen.mean_bps(chosen);
            if bps >= needs(rung) / NEEDS && bps <= leaves && is_new {
                chosen = rung;
            }
        }
        chosen
    }
}

impl Abr for Shaka {
    /// Takes in what came, and chooses again after each download that ends an interval after the
    /// last choice; the first good estimate waits for no interval.
    fn decide(&mut self, seen: &Observation) -> Decision {
        if self.chosen.is_none() {
            self.chosen = Some((self.choose(seen), seen.now));
        }
        let mut cursor = self.cursor;
        for download in cursor.fresh(seen) {
            let took = download.ttfb.saturating_add(download.transfer);
            self.estimate.push(took.as_secs_f64(), download.bits());
            let first = !self.started && self.estimate.is_good();
            self.started |= first;
            let since = self.chosen.map_or(Span::MAX, |(_, at)| download.finished.since(at));
            if first || (self.started && since >= self.interval) {
                self.chosen = Some((self.choose(seen), download.finished));
            }
        }
        self.cursor = cursor;
        Decision::now(self.chosen.map_or(0, |(rung, _)| rung.min(seen.top())))
    }

    fn estimate(&self) -> Option<BitRate> {
        Some(rate(self.estimate.bps()))
    }

    fn abandons(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Choice;
    use crate::testing::{download, observation};

    #[test]
    fn a_choice_holds_for_eight_seconds() {
        let mut abr = Choice::named("shaka").build().unwrap();
        let mut seen = observation(&[300, 900, 2000, 4000]);
        // 1 Mbit/s is assumed: enough for 900 / 0.95.
        assert_eq!(abr.decide(&seen).rung, 1);
        for (second, kbps, rung) in
            [(1, 5000, 3), (4, 500, 3), (8, 500, 3), (9, 500, 0), (10, 9000, 0), (17, 9000, 3)]
        {
            let finished = Time::ZERO.after(Span::from_s(second));
            seen.downloads.push(download(kbps, Span::from_s(3), finished));
            seen.now = finished;
            assert_eq!(abr.decide(&seen).rung, rung, "at {second} s");
        }
    }
}
