//! The utilities of a ladder, as BOLA counts them.

use crate::{Observation, Rung};
use alloc::vec::Vec;
use weir_units::BitRate;

/// ln(R_m / R_0) + `lowest` and R_m of every rung; computed when the ladder is first seen, and
/// again when it has changed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Utilities {
    lowest: f64,
    /// The declared mean rates.
    ladder: Vec<BitRate>,
    rungs: Vec<(f64, f64)>,
    /// Where the lines of a rung and of each lower one cross: the first and the last, if any do.
    crossings: Vec<Option<(f64, f64)>>,
    top: f64,
    rising: bool,
}

impl Utilities {
    /// Before any ladder was seen; `lowest` is the utility of the lowest rung.
    pub(crate) const fn new(lowest: f64) -> Self {
        Self {
            lowest,
            ladder: Vec::new(),
            rungs: Vec::new(),
            crossings: Vec::new(),
            top: lowest,
            rising: false,
        }
    }

    /// Makes sure that they are those of the ladder that is seen. A manifest that declares zero
    /// counts as 1 bit/s.
    pub(crate) fn update(&mut self, seen: &Observation) {
        // Every decision comes by: without a branch for every rung.
        let differ = |(known, seen): (&BitRate, &Rung)| known.bps() ^ seen.mean.bps();
        let differences =
            self.ladder.iter().zip(&seen.ladder).map(differ).fold(0, |all, d| all | d);
        let same = differences == 0 && self.ladder.len() == seen.ladder.len();
        if same && !self.rungs.is_empty() {
            return;
        }
        self.ladder.clear();
        self.ladder.extend(seen.ladder.iter().map(|rung| rung.mean));
        self.rungs.clear();
        // In the order of Sabre's sum: where two rungs are made to score the same, rounding
        // decides.
        let offset = self.lowest - libm::log(seen.mean_kbps(0));
        // At least one rung, whatever was seen: an index below is then always good.
        for rung in 0..seen.ladder.len().max(1) {
            let rate = seen.mean_kbps(rung);
            self.rungs.push((libm::log(rate) + offset, rate));
        }
        // The ladder need not be sorted, so the highest utility need not be the highest rung's.
        self.top = self.rungs.iter().map(|(utility, _)| *utility).fold(self.lowest, f64::max);
        self.rising = self.rungs.windows(2).all(|pair| pair[0].1 < pair[1].1);
        let crossings = (0..self.rungs.len()).map(|rung| crossings(&self.rungs, rung));
        self.crossings.clear();
        self.crossings.extend(crossings);
    }

    /// How many rungs there are; at least one after the first update.
    pub(crate) fn len(&self) -> usize {
        self.rungs.len()
    }

    /// The utility of a rung.
    pub(crate) fn of(&self, rung: usize) -> f64 {
        self.rungs.get(rung).map_or(self.lowest, |(utility, _)| *utility)
    }

    /// The declared mean rate of a rung in kbit/s, at least 0.001.
    pub(crate) fn kbps(&self, rung: usize) -> f64 {
        self.rungs.get(rung).map_or(0.001, |(_, rate)| *rate)
    }

    /// The utility of every rung, and its declared mean rate in kbit/s.
    pub(crate) fn rungs(&self) -> &[(f64, f64)] {
        &self.rungs
    }

    /// Whether every rung has a higher rate than the one below.
    pub(crate) const fn is_rising(&self) -> bool {
        self.rising
    }

    /// The least buffer at which the score of a rung, `vp * (utility + gp)` less the buffer over
    /// its rate, is above those of all lower ones; at least zero.
    pub(crate) fn least_buffer(&self, rung: usize, vp: f64, gp: f64) -> f64 {
        let Some((first, last)) = self.crossings.get(rung).copied().flatten() else { return 0.0 };
        0.0_f64.max(vp * (gp + if vp < 0.0 { first } else { last }))
    }

    /// The highest utility.
    pub(crate) fn top(&self) -> f64 {
        self.top
    }
}

/// The first and the last of `(R_m * u_l - R_l * u_m) / (R_m - R_l)` of a rung m over all lower
/// ones l, which have a lower utility.
fn crossings(rungs: &[(f64, f64)], rung: usize) -> Option<(f64, f64)> {
    let (utility, rate) = rungs[rung];
    let lower = rungs[..rung].iter().filter(|(u, _)| *u < utility);
    let crossing = |(u, r): &(f64, f64)| (rate * u - r * utility) / (rate - r);
    let both = lower.map(crossing).map(|crossing| (crossing, crossing));
    both.reduce(|(first, last), (one, _)| (first.min(one), last.max(one)))
}

/// The rung with the highest of the scores of all rungs; of equal scores, the lowest rung's.
pub(crate) fn first_best(scores: impl Iterator<Item = f64>) -> usize {
    let (mut best, mut most) = (0, f64::NEG_INFINITY);
    for (rung, score) in scores.enumerate() {
        // In a form without branches: which rung it is cannot be guessed.
        best = if score > most { rung } else { best };
        most = if score > most { score } else { most };
    }
    best
}

/// The rung with the highest score; of equal scores, the highest rung's.
pub(crate) fn last_best(rungs: usize, score: impl Fn(usize) -> f64) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for rung in 0..rungs {
        let score = score(rung);
        if score >= best.1 {
            best = (rung, score);
        }
    }
    best.0
}
