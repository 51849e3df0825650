//! What the algorithms of the simulator Sabre have in common (UMass-LIDS/sabre 09b03bb,
//! `src/sabre.py`; K. Spiteri, R. Sitaraman, D. Sparacio: "From theory to practice: improving
//! bitrate adaptation in the DASH reference player", MMSys 2018).
//!
//! A rule is a part of an algorithm: it decides from an observation and an estimate that several
//! rules may share. Inside, times are in milliseconds and rates in kbit/s, as in Sabre: BOLA-E
//! makes scores equal on purpose, and then rounding decides between two rungs. Sabre requests the
//! first segment at the lowest rung without asking.
//!
//! Ties. Where two choices are exactly equal, Sabre's last bit decides, and times in nanoseconds do
//! not have it: DYNAMIC at exactly 10 s of buffer, which abandoning every half second leads to, and
//! BOLA-E right after an abandoned download, where it sets the placeholder so that two rungs score
//! the same. How often that was seen is said in `sim/model/tests/it/sabre.rs`.

mod bola;
mod bola_e;
mod race;
mod throughput;

pub(crate) use bola::{BolaRule, Cap};
pub(crate) use bola_e::BolaERule;
pub(crate) use throughput::ThroughputRule;

use crate::estimate::SabreEstimate;
use crate::observation::ms;
use crate::registry::{Param, Params};
use crate::{Abr, ChoiceError, Decision, Observation, Outlook, Progress, Verdict};
use weir_units::{BitRate, Time};

pub(crate) use crate::estimate::Estimate;

/// The half-lives of the estimator (Sabre's `-hl`), parameters of every algorithm of Sabre.
pub(crate) const FAST: Param =
    Param { name: "fast", default: "3 s", doc: "half-life of the average that falls quickly" };
pub(crate) const SLOW: Param =
    Param { name: "slow", default: "8 s", doc: "half-life of the average that rises slowly" };

/// Sabre's `-gp`.
pub(crate) const GP: Param = Param {
    name: "gp",
    default: "5 s",
    doc: "how much avoiding stalls weighs against utility: the paper's gamma * p",
};

/// Sabre's `-ao` picks `o`.
pub(crate) const CAP: Param = Param {
    name: "cap",
    default: "u",
    doc: "where BOLA rises above the throughput: `u` takes the rung above it, `o` the one below",
};

/// Sabre's `-noibr` switches it off.
pub(crate) const INSUFFICIENT_BUFFER: Param = Param {
    name: "insufficient_buffer",
    default: "on",
    doc: "whether a rung must fit into the time that the buffer leaves: `on` or `off`",
};

/// An estimator with the half-lives that were chosen.
pub(crate) fn estimate(params: &Params<'_>) -> Result<SabreEstimate, ChoiceError> {
    Ok(SabreEstimate::new(params.span("fast")?, params.span("slow")?))
}

/// The cap that was chosen.
pub(crate) fn cap(params: &Params<'_>) -> Result<Cap, ChoiceError> {
    Ok(if params.word("cap", &["u", "o"])? == 0 { Cap::U } else { Cap::O })
}

/// A rule that can take all decisions of an algorithm.
pub(crate) trait Rule: Send {
    /// What it decides, if no other rule is asked. Without an estimate: nothing, after it has taken
    /// in what there is to see.
    fn decide_alone(&mut self, seen: &Observation, now: Option<Estimate<'_>>) -> Option<Decision>;

    /// What is to become of a download in progress.
    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict;

    /// Until when it surely does not abandon a download.
    fn next_check(&self, seen: &Observation, progress: &Progress, outlook: Outlook<'_>) -> Time;

    /// Whether it may abandon any.
    fn abandons(&self) -> bool {
        true
    }
}

/// An algorithm of one rule, which begins at the lowest rung.
pub(crate) struct Alone<R> {
    pub estimate: SabreEstimate,
    pub rule: R,
}

impl<R: Rule> Abr for Alone<R> {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let now = self.estimate.update(seen);
        self.rule.decide_alone(seen, now).unwrap_or(Decision::now(0))
    }

    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        self.rule.progress(seen, progress)
    }

    fn next_check(&self, seen: &Observation, progress: &Progress, outlook: Outlook<'_>) -> Time {
        self.rule.next_check(seen, progress, outlook)
    }

    fn abandons(&self) -> bool {
        self.rule.abandons()
    }

    fn estimate(&self) -> Option<BitRate> {
        self.estimate.rate()
    }
}

/// A decision with a wait in milliseconds.
pub(crate) fn after_ms(seen: &Observation, rung: usize, ms: f64) -> Decision {
    // Most decisions have none, and a conversion takes its time.
    if ms > 0.0 { Decision::after_seconds(seen, rung, ms / 1e3) } else { Decision::now(rung) }
}

/// The highest rung whose segment, latency included, arrives within the time that it plays (Sabre
/// `quality_from_throughput`).
pub(crate) fn rung_for(seen: &Observation, kbps: f64, latency: f64) -> usize {
    let p = ms(seen.segment_duration);
    let (room, scale) = ((p - latency) * kbps * 1e3, p * kbps * 1e3);
    let sustainable = |rung: &usize| {
        is_below(seen.mean_bps(*rung) * p, room, scale)
            .unwrap_or_else(|| latency + p * seen.mean_kbps(*rung) / kbps <= p)
    };
    (1..seen.ladder.len()).take_while(sustainable).last().unwrap_or(0)
}

/// Whether one number is surely below another one; `None` where rounding could decide, as both are
/// results on this scale. Divisions are slow, and so is Sabre's own expression: it is needed only
/// then.
fn is_below(one: f64, other: f64, scale: f64) -> Option<bool> {
    let difference = one - other;
    (difference.abs() > scale.abs() * 1e-9).then_some(difference < 0.0)
}

/// The insufficient buffer rule: a segment must arrive before a share of the buffer has drained.
/// The share falls from decision to decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct InsufficientBuffer {
    share: f64,
}

impl InsufficientBuffer {
    /// `low_buffer_safety_factor_init`, and the factor by which the share falls.
    const FIRST: f64 = 0.9;
    /// `low_buffer_safety_factor`.
    const LEAST: f64 = 0.5;

    pub(crate) const fn new() -> Self {
        Self { share: Self::FIRST }
    }

    /// The rung to which `rung` has to be lowered; `None` if it may stay.
    pub(crate) fn cap(
        &mut self,
        seen: &Observation,
        now: &Estimate<'_>,
        rung: usize,
    ) -> Option<usize> {
        let safe_bits = self.share * (ms(seen.buffer) - now.latency()) * now.throughput;
        self.share = (self.share * Self::FIRST).max(Self::LEAST);
        let p = ms(seen.segment_duration);
        let limit = safe_bits * 1e3;
        let fits = |rung: usize| {
            is_below(seen.mean_bps(rung) * p, limit, limit)
                .unwrap_or_else(|| seen.mean_kbps(rung) * p <= safe_bits)
        };
        (0..rung).find(|lower| !fits(lower + 1))
    }
}
