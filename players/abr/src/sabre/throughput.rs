//! Sabre's class `ThroughputRule`.

use super::{Estimate, InsufficientBuffer, Rule, rung_for};
use crate::observation::ms;
use crate::{Decision, Observation, Outlook, Piece, Progress, Verdict};
use weir_units::{BitRate, Span, Time};

/// `safety_factor`: the share of the throughput that is used.
const SAFETY: f64 = 0.9;
/// `abandon_multiplier`: a download may take this many times as long as the segment plays.
const ABANDON: f64 = 1.8;
/// `abandon_grace_time`: no download is abandoned before.
const GRACE: Span = Span::from_ms(500);
/// By how much a download counts as older than it is, in milliseconds, so that rounding does not
/// matter.
const MARGIN: f64 = 1.0;

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
    pub(crate) fn observe(&mut self, now: &Estimate<'_>) {
        self.latency = now.latency();
    }

    pub(crate) fn decide(&mut self, seen: &Observation, now: &Estimate<'_>) -> Decision {
        let rung = rung_for(seen, now.throughput * SAFETY, now.latency());
        let lower = self.insufficient.as_mut().and_then(|rule| rule.cap(seen, now, rung));
        Decision::now(lower.unwrap_or(rung))
    }
}

impl Rule for ThroughputRule {
    fn decide_alone(&mut self, seen: &Observation, now: Option<Estimate<'_>>) -> Option<Decision> {
        let now = now?;
        self.observe(&now);
        Some(self.decide(seen, &now))
    }

    /// Abandons a download that will take too long, for the rung that its own throughput carries,
    /// if that is less than what remains.
    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        let Some(ttfb) = progress.ttfb else { return Verdict::Continue };
        let elapsed = ms(progress.elapsed(seen.now));
        let transfer = elapsed - ms(ttfb);
        if progress.elapsed(seen.now) < GRACE || transfer <= 0.0 {
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

    /// Until when it surely does not abandon a download.
    fn next_check(&self, seen: &Observation, progress: &Progress, outlook: Outlook<'_>) -> Time {
        if progress.rung == 0 {
            return Time::NEVER;
        }
        let grace = progress.requested.after(GRACE);
        let Some(ttfb) = progress.ttfb.filter(|_| grace < outlook.until) else { return grace };
        let first_byte = progress.requested.after(ttfb);
        // The whole takes too long if that much arrives on average, or less: ttfb + size / pace.
        let size = progress.size_bits();
        let pace = size / (ABANDON * ms(seen.segment_duration) - ms(ttfb));
        if pace.is_nan() || pace <= 0.0 {
            return grace;
        }
        let from = seen.now.max(first_byte);
        let passed = ms(from.since(first_byte));
        let mut sofar = Sofar { from, passed, arrived: progress.downloaded_bits() };
        // While the rate stays the same, the average only goes towards it.
        let ahead = |sofar: Sofar| sofar.arrived - pace * (sofar.passed + MARGIN);
        let at_least = |time| ahead(sofar.then(time, outlook.slowest));
        if at_least(grace) >= 0.0 && at_least(outlook.until) >= 0.0 {
            return outlook.until;
        }
        for Piece { until, rate } in outlook.pieces {
            let begin = sofar.then(grace.min(until), rate);
            let end = begin.then(until, rate);
            let here = ahead(begin);
            if until > grace && (here < 0.0 || ahead(end) < 0.0) {
                // What remains may be less than the segment at any rung that is carried then.
                let to = rung_for(seen, begin.mean().min(end.mean()) * SAFETY, self.latency);
                let rates = (to..progress.rung).map(|rung| seen.mean_bps(rung));
                let least = rates.fold(f64::INFINITY, f64::min) / seen.mean_bps(progress.rung);
                if size * least < size - begin.arrived {
                    let behind = here.max(0.0) / (pace - rate.bps() as f64 * KBPS);
                    return begin.from.after(Span::from_ns((behind / MS) as u64));
                }
            }
            sofar = end;
        }
        outlook.until
    }
}

/// A download at a moment.
#[derive(Debug, Clone, Copy)]
struct Sofar {
    from: Time,
    /// Milliseconds since its first byte.
    passed: f64,
    /// Bits.
    arrived: f64,
}

/// Milliseconds in a nanosecond, and kbit/s in a bit/s.
const MS: f64 = 1e-6;
const KBPS: f64 = 1e-3;

impl Sofar {
    /// The same at a moment, if that is later, at this rate.
    fn then(self, until: Time, rate: BitRate) -> Self {
        let passes = until.since(self.from).ns() as f64 * MS;
        let arrived = self.arrived + rate.bps() as f64 * KBPS * passes;
        Self { from: self.from.max(until), passed: self.passed + passes, arrived }
    }

    /// The mean rate in kbit/s, rounded down.
    fn mean(self) -> f64 {
        self.arrived / (self.passed + MARGIN)
    }
}
