//! Sabre's class `ThroughputRule`.

use super::bola::sure;
use super::{Estimate, InsufficientBuffer, rung_for};
use crate::observation::ms;
use crate::{Decision, Observation, Progress, Verdict};
use weir_units::Span;

/// `safety_factor`: the share of the throughput that is used.
const SAFETY: f64 = 0.9;
/// `abandon_multiplier`: a download may take this many times as long as the segment plays.
const ABANDON: f64 = 1.8;
/// `abandon_grace_time` in milliseconds: no download is abandoned before.
const GRACE: f64 = 500.0;

/// The highest rung that a safe part of the throughput carries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ThroughputRule {
    /// `None` without the insufficient buffer rule.
    insufficient: Option<InsufficientBuffer>,
    /// The latency of the last estimate that was seen.
    latency: f64,
}

impl ThroughputRule {
    pub(crate) fn new(insufficient_buffer: bool) -> Self {
        let insufficient = insufficient_buffer.then(InsufficientBuffer::new);
        Self { insufficient, latency: 0.0 }
    }

    /// Remembers the estimate for the verdicts until the next decision.
    pub(crate) fn observe(&mut self, now: &Estimate) {
        self.latency = now.latency;
    }

    pub(crate) fn decide(&mut self, seen: &Observation, now: &Estimate) -> Decision {
        let rung = rung_for(seen, now.throughput * SAFETY, now.latency);
        let lower = self.insufficient.as_mut().and_then(|rule| rule.cap(seen, now, rung));
        Decision::now(lower.unwrap_or(rung))
    }

    /// Abandons a download that will take too long, for the rung that its own throughput carries, if
    /// that is less than what remains.
    pub(crate) fn progress(&self, seen: &Observation, progress: &Progress) -> Verdict {
        let Some(ttfb) = progress.ttfb else { return Verdict::Continue };
        let elapsed = ms(progress.elapsed(seen.now));
        let transfer = elapsed - ms(ttfb);
        if elapsed < GRACE || transfer <= 0.0 {
            return Verdict::Continue;
        }
        let rate = progress.downloaded_bits() / transfer;
        let left = progress.size_bits() - progress.downloaded_bits();
        if elapsed + left / rate <= ABANDON * ms(seen.segment_duration) {
            return Verdict::Continue;
        }
        let to = rung_for(seen, rate * SAFETY, self.latency);
        let bits = progress.size_bits() * seen.mean_bps(to) / seen.mean_bps(progress.rung);
        if to >= progress.rung || bits >= left {
            return Verdict::Continue;
        }
        Verdict::Abandon { to: Some(to) }
    }

    /// For how long it surely does not abandon a download: until the rest of it would take too long
    /// if nothing arrived from now on.
    pub(crate) fn patience(&self, seen: &Observation, progress: &Progress) -> Span {
        if progress.rung == 0 {
            return Span::MAX;
        }
        let elapsed = ms(progress.elapsed(seen.now));
        let Some(ttfb) = progress.ttfb else { return sure(GRACE - elapsed) };
        let transfer = elapsed - ms(ttfb);
        let (here, left) =
            (progress.downloaded_bits(), progress.size_bits() - progress.downloaded_bits());
        let most = ABANDON * ms(seen.segment_duration);
        // elapsed + t + left * (transfer + t) / here <= most, and never within the time of grace.
        let slow = (most - elapsed - left * transfer / here) / (1.0 + left / here);
        sure(if slow.is_nan() { 0.0 } else { slow.max(GRACE - elapsed) })
    }
}
