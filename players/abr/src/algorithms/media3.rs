//! The track selection of media3, once ExoPlayer (androidx/media 2bc2078, `AdaptiveTrackSelection`
//! with `DefaultBandwidthMeter`).
//!
//! Not modelled: initial estimates by country, discarding what is in the buffer, and for live
//! streams the shorter wait for a step up.

use crate::estimate::{Media3Estimate, rate};
use crate::observation::Cursor;
use crate::registry::{Entry, Param};
use crate::{Abr, Decision, Observation};
use alloc::boxed::Box;
use weir_units::{BitRate, Span};

pub(crate) const ENTRY: Entry = Entry {
    name: "media3",
    about: "media3 (ExoPlayer): the highest rung below 70 % of the median throughput",
    params: &[
        Param {
            name: "initial",
            default: "1 Mbit/s",
            doc: "the throughput that is assumed before 512 KiB or 2 s have come",
        },
        Param {
            name: "fraction",
            default: "70 %",
            doc: "the share of the throughput that is used",
        },
        Param {
            name: "up",
            default: "10 s",
            doc: "the buffer below which no higher rung is taken",
        },
        Param {
            name: "down",
            default: "25 s",
            doc: "the buffer from which no lower rung is taken",
        },
    ],
    verified: None,
    build: |params| {
        Ok(Box::new(Media3 {
            fraction: params.share("fraction")?.as_f64(),
            up: params.span("up")?,
            down: params.span("down")?,
            estimate: Media3Estimate::new(params.rate("initial")?.bps() as f64),
            cursor: Cursor::new(),
        }))
    },
};

/// The algorithm `media3`. A rung counts with its peak rate, which is what the player's formats
/// carry.
struct Media3 {
    fraction: f64,
    up: Span,
    down: Span,
    estimate: Media3Estimate,
    cursor: Cursor,
}

impl Abr for Media3 {
    fn decide(&mut self, seen: &Observation) -> Decision {
        for download in self.cursor.fresh(seen) {
            if let Some(seconds) = download.sample_seconds() {
                self.estimate.push(seconds, download.bits());
            }
        }
        let usable = self.estimate.bps() * self.fraction / seen.speed.as_f64();
        let fits = |rung: &usize| {
            seen.ladder.get(*rung).is_some_and(|rung| rung.peak.bps() as f64 <= usable)
        };
        let ideal = (0..seen.ladder.len()).rev().find(fits).unwrap_or(0);
        let Some(last) = seen.newest_added() else { return Decision::now(ideal) };
        let last = last.rung.min(seen.top());
        let keeps =
            (ideal > last && seen.buffer < self.up) || (ideal < last && seen.buffer >= self.down);
        Decision::now(if keeps { last } else { ideal })
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
    use crate::Choice;
    use crate::testing::{download, observation};
    use alloc::vec;
    use weir_units::{Span, Time};

    #[test]
    fn the_buffer_must_allow_a_change() {
        let mut abr = Choice::named("media3").build().unwrap();
        // Peaks are 450, 1350, 3000 and 6000 kbit/s.
        let mut seen = observation(&[300, 900, 2000, 4000]);
        assert_eq!(abr.decide(&seen).rung, 0);
        let mut newest = download(4400, Span::from_s(2), Time::from_ns(1));
        for (rung, buffer_s, expected) in
            [(0, 9, 0), (0, 10, 2), (3, 24, 2), (3, 25, 3), (1, 25, 2), (2, 3, 2)]
        {
            newest.rung = rung;
            seen.downloads = vec![newest];
            seen.buffer = Span::from_s(buffer_s);
            assert_eq!(abr.decide(&seen).rung, expected, "at {rung} with {buffer_s} s");
        }
    }
}
