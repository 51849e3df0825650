//! BBA-0: a straight line from the buffer level to the bit rate.
//!
//! T.-Y. Huang, R. Johari, N. McKeown, M. Trunnell, M. Watson: "A buffer-based approach to rate
//! adaptation", SIGCOMM 2014, algorithm 1. The paper's player keeps 240 s with a reservoir of 90 s
//! and a cushion of 126 s, so that the highest rate is reached at 90 %; both are given here as
//! shares of the buffer, for players that keep less.

use crate::registry::{Entry, Param};
use crate::{Abr, Decision, Observation};
use alloc::boxed::Box;
use weir_units::Ratio;

pub(crate) const ENTRY: Entry = Entry {
    name: "bba0",
    about: "BBA-0: a straight line from buffer to bit rate (Huang et al., SIGCOMM 2014)",
    params: &[
        Param {
            name: "reservoir",
            default: "37.5 %", // 90 s of 240 s
            doc: "the share of the buffer that is filled at the lowest rung",
        },
        Param {
            name: "cushion",
            default: "52.5 %", // 126 s of 240 s
            doc: "the share of the buffer over which the rate rises to the highest rung's",
        },
    ],
    verified: Some("the paper's rate map, with its reservoir and cushion"),
    build: |params| {
        let (reservoir, cushion) = (params.share("reservoir")?, params.share("cushion")?);
        if reservoir.ppb() + cushion.ppb() > Ratio::ONE.ppb() {
            return Err(params.bad("cushion", "with the reservoir it must be at most 100 %"));
        }
        Ok(Box::new(Bba0 { reservoir, cushion }))
    },
};

/// The algorithm `bba0`. It has no memory of its own: the previous rung is that of the last
/// download, and before the first download the lowest. It never waits, and it uses the declared
/// mean rates only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bba0 {
    /// The share of the maximum buffer at and below which the lowest rung is taken.
    pub reservoir: Ratio,
    /// The share of the maximum buffer, above the reservoir, over which the rate rises.
    pub cushion: Ratio,
}

impl Bba0 {
    /// The rate map f(B) in bit/s: `lowest` up to the reservoir, `highest` above the cushion, and
    /// linear in between.
    fn rate_map(&self, seen: &Observation, lowest: f64, highest: f64) -> f64 {
        let most = seen.max_buffer.as_secs_f64();
        let above = seen.buffer.as_secs_f64() - self.reservoir.as_f64() * most;
        let slope = (highest - lowest) / (self.cushion.as_f64() * most);
        if above <= 0.0 { lowest } else { (lowest + slope * above).min(highest) }
    }
}

impl Abr for Bba0 {
    /// Keeps the previous rung until f(B) reaches the rate of the rung above (`Rate+`) or falls to
    /// that of the rung below (`Rate-`), and then takes the rung next to f(B).
    fn decide(&mut self, seen: &Observation) -> Decision {
        let rate = |rung: usize| seen.ladder.get(rung).map_or(0.0, |r| r.mean.bps() as f64);
        let top = seen.top();
        let (lowest, highest) = (rate(0), rate(top));
        let previous = seen.newest_added().map_or(0, |download| download.rung.min(top));
        let map = self.rate_map(seen, lowest, highest);

        let rung = if map <= lowest {
            0
        } else if map >= highest {
            top
        } else if map >= rate((previous + 1).min(top)) {
            // max { R_i : R_i < f(B) }; R_0 is one of them here.
            (0..=top).rev().find(|rung| rate(*rung) < map).unwrap_or(0)
        } else if map <= rate(previous.saturating_sub(1)) {
            // min { R_i : R_i > f(B) }; the highest is one of them here.
            (0..=top).find(|rung| rate(*rung) > map).unwrap_or(top)
        } else {
            previous
        };
        Decision::now(rung)
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

    const LADDER: [u64; 10] = [235, 375, 560, 750, 1050, 1750, 2350, 3000, 4300, 5000];

    fn bba0() -> Bba0 {
        Bba0 { reservoir: Ratio::from_ppb(375_000_000), cushion: Ratio::from_ppb(525_000_000) }
    }

    fn seen(buffer_s: u64) -> Observation {
        let (buffer, max_buffer) = (Span::from_s(buffer_s), Span::from_s(240));
        Observation { buffer, max_buffer, ..observation(&LADDER) }
    }

    fn after(previous: usize, buffer_s: u64) -> usize {
        let mut seen = seen(buffer_s);
        seen.downloads = vec![download(1000, Span::from_s(1), Time::from_ns(1))];
        seen.downloads[0].rung = previous;
        bba0().decide(&seen).rung
    }

    #[test]
    fn the_map_is_the_papers() {
        for (buffer_s, kbps) in
            [(0, 235.0), (90, 235.0), (120, 1369.5), (153, 2617.5), (200, 4394.9), (216, 5000.0)]
        {
            let got = bba0().rate_map(&seen(buffer_s), 235.0, 5000.0);
            assert!((got - kbps).abs() < 0.05, "f({buffer_s} s) = {got} instead of {kbps}");
        }
    }

    #[test]
    fn reservoir_and_upper_reservoir_hold_the_ends_of_the_ladder() {
        assert_eq!((after(7, 0), after(7, 90)), (0, 0));
        assert_eq!((after(2, 216), after(2, 240)), (9, 9));
        assert_eq!(bba0().decide(&seen(0)).rung, 0);
    }

    #[test]
    fn a_rung_is_kept_until_the_map_reaches_its_neighbours() {
        // f(120 s) = 1369.5 kbit/s lies between 1050 (rung 4) and 1750 (rung 5): both keep.
        assert_eq!((after(4, 120), after(5, 120)), (4, 5));
        // From further away, up goes to the rung below the map and down to the rung above it.
        assert_eq!((after(0, 120), after(9, 120)), (4, 5));
    }
}
