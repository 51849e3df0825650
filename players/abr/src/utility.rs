//! The utilities of a ladder, as BOLA counts them.

use crate::{Observation, Rung};
use alloc::vec::Vec;

/// ln(R_m / R_0) + `lowest` and R_m of every rung; computed when the ladder is first seen, and again
/// when it has changed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Utilities {
    lowest: f64,
    ladder: Vec<Rung>,
    rungs: Vec<(f64, f64)>,
    top: f64,
}

impl Utilities {
    /// Before any ladder was seen; `lowest` is the utility of the lowest rung.
    pub(crate) const fn new(lowest: f64) -> Self {
        Self { lowest, ladder: Vec::new(), rungs: Vec::new(), top: lowest }
    }

    /// Makes sure that they are those of the ladder that is seen. A manifest that declares zero
    /// counts as 1 bit/s.
    pub(crate) fn update(&mut self, seen: &Observation) {
        if self.ladder == seen.ladder && !self.rungs.is_empty() {
            return;
        }
        self.ladder.clone_from(&seen.ladder);
        self.rungs.clear();
        // In the order of Sabre's sum: where two rungs are made to score the same, rounding decides.
        let offset = self.lowest - libm::log(seen.mean_kbps(0));
        // At least one rung, whatever was seen: an index below is then always good.
        for rung in 0..seen.ladder.len().max(1) {
            let rate = seen.mean_kbps(rung);
            self.rungs.push((libm::log(rate) + offset, rate));
        }
        // The ladder need not be sorted, so the highest utility need not be the highest rung's.
        self.top = self.rungs.iter().map(|(utility, _)| *utility).fold(self.lowest, f64::max);
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

    /// The highest utility.
    pub(crate) fn top(&self) -> f64 {
        self.top
    }
}

/// The rung with the highest score; of equal scores, the lowest rung's.
pub(crate) fn first_best(rungs: usize, score: impl Fn(usize) -> f64) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for rung in 0..rungs {
        let score = score(rung);
        if score > best.1 {
            best = (rung, score);
        }
    }
    best.0
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
