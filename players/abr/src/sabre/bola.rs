//! Sabre's class `Bola`.

use super::race::Race;
use super::{Estimate, Rule, after_ms, rung_for};
use crate::observation::ms;
use crate::utility::{Utilities, first_best};
use crate::{Decision, Observation, Outlook, Progress, Verdict};
use weir_units::Time;

/// What happens where BOLA would rise above the rung that the throughput carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cap {
    /// BOLA-U: the rung above the one that is carried.
    U,
    /// BOLA-O: the one that is carried, and a wait.
    O,
}

/// BOLA with the rescaling of FINITE (unless `basic`), always with the throughput cap. The rung
/// that counts as the previous one is that of the last decision.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BolaRule {
    gp: f64,
    basic: bool,
    cap: Cap,
    utilities: Utilities,
    last: usize,
    /// Milliseconds of buffer for each unit of utility.
    vp: f64,
}

impl BolaRule {
    /// With gamma * p in seconds, the unit of utility.
    pub(crate) fn new(gp: f64, basic: bool, cap: Cap) -> Self {
        Self { gp, basic, cap, utilities: Utilities::new(0.0), last: 0, vp: 0.0 }
    }

    /// V * p for this buffer.
    fn rescale(&mut self, seen: &Observation) {
        let p = ms(seen.segment_duration);
        let mut most = ms(seen.max_buffer);
        if !self.basic {
            // FINITE: short at both ends of the session, never below three segments.
            let from_the_ends = seen.segment.min(seen.segments_left) as f64;
            most = most.min((from_the_ends / 2.0).max(3.0) * p);
        }
        self.vp = (most - p) / (self.utilities.top() + self.gp);
    }

    /// The buffer at which the score of a rung is zero, in milliseconds.
    fn zero_point(&self, rung: usize) -> f64 {
        self.vp * (self.utilities.of(rung) + self.gp)
    }

    /// The rung with the highest score; of equal scores, the lowest rung's.
    fn best(&self, buffer: f64) -> usize {
        let score = |(utility, kbps): &(f64, f64)| (self.vp * (utility + self.gp) - buffer) / kbps;
        first_best(self.utilities.rungs().iter().map(score))
    }

    pub(crate) fn decide(&mut self, seen: &Observation, now: &Estimate<'_>) -> Decision {
        self.utilities.update(seen);
        self.rescale(seen);
        let buffer = ms(seen.buffer);
        let mut rung = self.best(buffer);
        let mut wait = 0.0;
        if rung > self.last {
            let carried = rung_for(seen, now.throughput, now.latency());
            if rung > carried {
                if self.last > carried {
                    rung = self.last;
                } else if self.cap == Cap::U {
                    rung = carried + 1;
                } else {
                    rung = carried;
                    wait = (buffer - self.zero_point(rung)).max(0.0);
                }
            }
        }
        self.last = rung;
        // At the top, how full the buffer gets is the player's affair.
        if rung == seen.top() { Decision::now(rung) } else { after_ms(seen, rung, wait) }
    }
}

impl Rule for BolaRule {
    fn decide_alone(&mut self, seen: &Observation, now: Option<Estimate<'_>>) -> Option<Decision> {
        now.map(|now| self.decide(seen, &now))
    }

    fn abandons(&self) -> bool {
        !self.basic
    }

    /// Abandons for the lower rung whose whole segment scores higher than the rest of this one.
    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        let remaining = progress.size_bits() - progress.downloaded_bits();
        if self.basic || progress.downloaded_bits() <= 0.0 || remaining <= 0.0 {
            return Verdict::Continue;
        }
        let buffer = ms(seen.buffer);
        let keep = (self.zero_point(progress.rung) - buffer) / remaining;
        if keep < 0.0 {
            return Verdict::Continue;
        }
        let scores = |rung| self.zero_point(rung) - buffer;
        let to = better_rung(&self.utilities, progress, remaining, keep, scores);
        match to {
            Some(to) => {
                self.last = to;
                Verdict::Abandon { to: Some(to) }
            }
            None => Verdict::Continue,
        }
    }

    /// Until when it surely does not abandon a download.
    fn next_check(&self, seen: &Observation, progress: &Progress, outlook: Outlook<'_>) -> Time {
        let x = self.zero_point(progress.rung) - ms(seen.buffer);
        Race { utilities: &self.utilities, vp: self.vp, x }.next_check(seen.now, progress, outlook)
    }
}

/// The lower rung that scores best and above `keep`, if its segment is smaller than what remains. A
/// rung's score is `numerator(rung)` over its segment's bits, which are estimated from those of the
/// segment in progress.
pub(super) fn better_rung(
    utilities: &Utilities,
    progress: &Progress,
    remaining: f64,
    keep: f64,
    numerator: impl Fn(usize) -> f64,
) -> Option<usize> {
    let mut best = (None, keep);
    for rung in 0..progress.rung {
        let numerator = numerator(rung);
        // It cannot score higher: this saves the divisions.
        if numerator <= 0.0 && keep >= 0.0 {
            continue;
        }
        let bits = progress.size_bits() * utilities.kbps(rung) / utilities.kbps(progress.rung);
        if bits < remaining && numerator / bits > best.1 {
            best = (Some(rung), numerator / bits);
        }
    }
    best.0
}
