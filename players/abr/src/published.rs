//! BOLA as its paper has it, in time instead of segments.
//!
//! K. Spiteri, R. Urgaonkar, R. K. Sitaraman: "BOLA: Near-optimal bitrate adaptation for online
//! videos", IEEE INFOCOM 2016 (arXiv 1601.06748), and IEEE/ACM Transactions on Networking 28(4),
//! 2020. The tie rule is that of the authors' simulator Sabre (UMass-LIDS/sabre 09b03bb).
//!
//! Rung m has the utility v_m = ln(R_m / R_0) over the declared mean rates R, and the score
//! `(Vp * (v_m + gp) - Q) / S_m`, where Q is the buffer in seconds and S_m the size of the coming
//! segment: its actual size where that is known, else the declared rate times the duration.
//! The rung with the highest score is taken; of equal scores, the lower rung's.
//!
//! `Vp = (most - p) / (v_max + gp)` with the segment duration p: the highest rung's score is
//! zero when exactly one more segment fits into a buffer of `most`.
//!
//! All scores below zero mean that the buffer is full enough. The highest rung's score is the
//! first to reach zero as the buffer drains: it is requested at that moment.

use crate::registry::Param;
use crate::utility::{Utilities, first_best};
use crate::{Decision, Download, Observation};
use weir_units::Span;

/// The parameter that all of them have. The default is the paper's and Sabre's choice.
pub(crate) const GP: Param = Param {
    name: "gp",
    default: "5 s",
    doc: "how much avoiding stalls weighs against utility: the paper's gamma * p",
};

/// The rule that every published variant begins with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BolaRule {
    gp: f64,
    utilities: Utilities,
    vp: f64,
}

impl BolaRule {
    pub(crate) fn new(gp: Span) -> Self {
        Self { gp: gp.as_secs_f64(), utilities: Utilities::new(0.0), vp: 0.0 }
    }

    /// BASIC: the whole buffer is used at all times.
    pub(crate) fn basic(&mut self, seen: &Observation) -> Decision {
        self.decide(seen, seen.max_buffer.as_secs_f64())
    }

    /// FINITE: near both ends of the session, as much of the buffer as half the time from there,
    /// but at least three segments.
    pub(crate) fn finite(&mut self, seen: &Observation) -> Decision {
        let from_the_ends = seen.segment.min(seen.segments_left) as f64;
        let most = (from_the_ends / 2.0).max(3.0) * seen.segment_seconds();
        self.decide(seen, seen.max_buffer.as_secs_f64().min(most))
    }

    fn decide(&mut self, seen: &Observation, most: f64) -> Decision {
        self.utilities.update(seen);
        let buffer = seen.buffer_seconds();
        let room = (most - seen.segment_seconds()).max(0.0);
        self.vp = room / (self.utilities.top() + self.gp);

        let rungs = 0..self.utilities.len();
        let score = |rung| (self.zero_point(rung) - buffer) / bits(seen, rung);
        let best = first_best(rungs.clone().map(score));
        if self.zero_point(best) >= buffer {
            return Decision::now(best);
        }
        let fullest = first_best(rungs.map(|rung| self.zero_point(rung)));
        Decision::after_seconds(seen, fullest, buffer - self.zero_point(fullest))
    }

    /// The buffer at which the score of a rung is zero, in seconds.
    fn zero_point(&self, rung: usize) -> f64 {
        self.vp * (self.utilities.of(rung) + self.gp)
    }

    /// The buffer below which `rung` scores higher than every higher rung, in seconds. For rungs
    /// i < j the scores are equal at Q = Vp * (gp + (S_j * v_i - S_i * v_j) / (S_j - S_i)).
    fn leaves(&self, seen: &Observation, rung: usize) -> f64 {
        let (size, utility) = (bits(seen, rung), self.utilities.of(rung));
        let mut least = f64::INFINITY;
        for higher in rung + 1..self.utilities.len() {
            let (s, u) = (bits(seen, higher), self.utilities.of(higher));
            if s > size {
                least = least.min(self.vp * (self.gp + (s * utility - size * u) / (s - size)));
            }
        }
        least
    }

    /// What O and U do with a decision that rises above the rung before it: `Ok` as it may stand,
    /// else the highest rung that the last throughput carries, which is not below the one before.
    pub(crate) fn capped(&self, seen: &Observation, decision: Decision) -> Result<Decision, usize> {
        let last = seen.newest_added();
        let previous = last.map_or(0, |download| download.rung.min(seen.top()));
        if decision.rung <= previous {
            return Ok(decision);
        }
        let bps = last.and_then(last_throughput).unwrap_or(0.0);
        let carried = |rung: &usize| bits(seen, *rung) <= bps * seen.segment_seconds();
        let carried = (0..self.utilities.len()).rev().find(carried).unwrap_or(0);
        if carried >= decision.rung {
            Ok(decision)
        } else if carried < previous {
            Ok(Decision::now(previous))
        } else {
            Err(carried)
        }
    }

    /// `rung` as soon as it scores higher than every higher one.
    pub(crate) fn when_best(&self, seen: &Observation, rung: usize) -> Decision {
        Decision::after_seconds(seen, rung, seen.buffer_seconds() - self.leaves(seen, rung))
    }
}

/// The coming segment in bits; at least 1, so that it can be a divisor.
fn bits(seen: &Observation, rung: usize) -> f64 {
    seen.coming_bits(rung).max(1.0)
}

/// The throughput of one download in bit/s.
fn last_throughput(download: &Download) -> Option<f64> {
    download.sample_seconds().map(|seconds| download.bits() / seconds)
}
