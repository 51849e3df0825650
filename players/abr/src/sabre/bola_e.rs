//! Sabre's class `BolaEnh`: BOLA-E.

use super::bola::better_rung;
use super::race::Race;
use super::{Cap, Estimate, InsufficientBuffer, Rule, after_ms, rung_for};
use crate::observation::{Cursor, ms};
use crate::utility::{Utilities, first_best};
use crate::{Decision, Download, End, Observation, Outlook, Progress, Verdict};
use weir_units::Time;

/// The buffer below which BOLA-E takes the lowest rung and never waits, in milliseconds.
pub(crate) const MINIMUM: f64 = 10_000.0;
/// What each rung adds to the buffer at which it takes the highest, in milliseconds.
pub(crate) const MINIMUM_PER_RUNG: f64 = 2_000.0;

/// BOLA whose buffer is extended by a placeholder: time that the player waited for reasons other
/// than the network, and what a player at its start would have.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BolaERule {
    gp_given: f64,
    cap: Cap,
    /// `None` without the insufficient buffer rule.
    insufficient: Option<InsufficientBuffer>,
    utilities: Utilities,
    gp: f64,
    vp: f64,
    /// Whether there has been a decision with an estimate.
    steady: bool,
    /// In milliseconds.
    placeholder: f64,
    /// The rung of the newest download.
    last: usize,
    cursor: Cursor,
}

impl BolaERule {
    /// With gamma * p in seconds, the unit of utility, which counts only without the insufficient
    /// buffer rule.
    pub(crate) fn new(gp: f64, cap: Cap, insufficient_buffer: bool) -> Self {
        Self {
            gp_given: gp,
            cap,
            insufficient: insufficient_buffer.then(InsufficientBuffer::new),
            utilities: Utilities::new(1.0),
            gp: 0.0,
            vp: 0.0,
            steady: false,
            placeholder: 0.0,
            last: 0,
            cursor: Cursor::new(),
        }
    }

    fn rescale(&mut self, seen: &Observation) {
        self.utilities.update(seen);
        let most = ms(seen.max_buffer);
        if self.insufficient.is_some() {
            let rungs = self.utilities.len() as f64;
            let most = most.max(MINIMUM + MINIMUM_PER_RUNG * rungs);
            self.gp = (self.utilities.top() - 1.0) / (most / MINIMUM - 1.0);
            self.vp = MINIMUM / self.gp;
        } else {
            // The utilities are one more than those of `Bola`.
            self.gp = self.gp_given - 1.0;
            self.vp = (most - ms(seen.segment_duration)) / (self.utilities.top() + self.gp);
        }
    }

    /// The least buffer at which the score of `rung` is above those of all lower ones.
    fn least_buffer(&self, rung: usize) -> f64 {
        self.utilities.least_buffer(rung, self.vp, self.gp)
    }

    /// The most buffer at which the score of `rung` is not below zero.
    fn most_buffer(&self, rung: usize) -> f64 {
        self.vp * (self.utilities.of(rung) + self.gp)
    }

    /// The rung with the highest score; of equal scores, the lowest rung's.
    fn best(&self, buffer: f64) -> usize {
        let score = |(utility, kbps): &(f64, f64)| (self.vp * (utility + self.gp) - buffer) / kbps;
        first_best(self.utilities.rungs().iter().map(score))
    }

    /// Takes in what happened since the last decision: new downloads, then the wait for room. To be
    /// called before every decision, also those that another rule takes.
    pub(crate) fn observe(&mut self, seen: &Observation) {
        self.rescale(seen);
        let mut cursor = self.cursor;
        for download in cursor.fresh(seen) {
            self.report(download);
        }
        self.cursor = cursor;
        self.placeholder += ms(seen.waited_for_room);
    }

    fn report(&mut self, download: &Download) {
        self.last = download.rung.min(self.utilities.len() - 1);
        let buffer = ms(download.buffer);
        match download.end {
            End::Whole if download.replacement => {
                self.placeholder += ms(download.media);
            }
            End::Whole => {
                let before = buffer + ms(download.ttfb.saturating_add(download.transfer));
                let most = (self.most_buffer(self.last) - before).max(0.0);
                self.placeholder = self.placeholder.min(most);
                if buffer > 0.0 {
                    let least = self.least_buffer(self.last) - before;
                    self.placeholder = self.placeholder.max(least);
                }
            }
            End::Abandoned { to } if !download.replacement => {
                let wanted = match to {
                    Some(to) if to > 0 => self.least_buffer(to.min(self.utilities.len() - 1)),
                    _ => MINIMUM,
                };
                self.placeholder = self.placeholder.min((wanted - buffer).max(0.0));
            }
            End::Abandoned { .. } => {}
        }
    }

    pub(crate) fn decide(&mut self, seen: &Observation, now: &Estimate<'_>) -> Decision {
        let buffer = ms(seen.buffer);
        let carried = || rung_for(seen, now.throughput, now.latency());
        if !self.steady {
            self.steady = true;
            let carried = carried();
            self.placeholder = (self.least_buffer(carried) - buffer).max(0.0);
            return Decision::now(carried);
        }
        let mut rung = self.best(buffer + self.placeholder);
        if rung > self.last {
            let carried = carried();
            if rung > carried {
                rung = self.last.max(carried);
                if self.cap == Cap::U {
                    rung = (rung + 1).min(seen.top());
                }
            }
        }
        let mut wait = self.wait(buffer, rung);
        if rung == seen.top() {
            wait = 0.0;
        }
        if let Some(lower) = self.insufficient.as_mut().and_then(|rule| rule.cap(seen, now, rung)) {
            rung = lower;
            wait = 0.0;
            let most = (self.least_buffer(rung) - buffer).max(0.0);
            self.placeholder = self.placeholder.min(most);
        }
        after_ms(seen, rung, wait)
    }

    /// How long the buffer is above the one that is right for `rung`, less what the placeholder can
    /// give up.
    fn wait(&mut self, buffer: f64, rung: usize) -> f64 {
        let above = (buffer + self.placeholder - self.most_buffer(rung)).max(0.0);
        if above <= self.placeholder {
            self.placeholder -= above;
            0.0
        } else {
            let wait = above - self.placeholder;
            self.placeholder = 0.0;
            wait
        }
    }
}

impl Rule for BolaERule {
    fn decide_alone(&mut self, seen: &Observation, now: Option<Estimate<'_>>) -> Option<Decision> {
        self.observe(seen);
        now.map(|now| self.decide(seen, &now))
    }

    /// Abandons for the lower rung whose whole segment scores higher than the rest of this one will
    /// when a new request could have its first byte.
    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        let remaining = progress.size_bits() - progress.downloaded_bits();
        let Some(ttfb) = progress.ttfb else { return Verdict::Continue };
        if progress.downloaded_bits() <= 0.0 || remaining <= 0.0 {
            return Verdict::Continue;
        }
        let ttfb = ms(ttfb);
        let buffer = (ms(seen.buffer) + self.placeholder - ttfb).max(0.0);
        let transfer = ms(progress.elapsed(seen.now)) - ttfb;
        let rate = progress.downloaded_bits() / transfer;
        let left = remaining - ttfb * rate;
        // Not a number where nothing took no time.
        if transfer <= 0.0 || left <= 0.0 {
            return Verdict::Continue;
        }
        let numerator = |rung| self.most_buffer(rung) - buffer;
        let keep = numerator(progress.rung) / left;
        match better_rung(&self.utilities, progress, left, keep, numerator) {
            Some(to) => Verdict::Abandon { to: Some(to) },
            None => Verdict::Continue,
        }
    }

    /// Until when it surely does not abandon a download. What it takes for the rest of one is at
    /// most that, and the buffer it counts with never below the one here.
    fn next_check(&self, seen: &Observation, progress: &Progress, outlook: Outlook<'_>) -> Time {
        let Some(ttfb) = progress.ttfb else { return Time::ZERO };
        let buffer = ms(seen.buffer) + self.placeholder - ms(ttfb);
        let x = self.most_buffer(progress.rung) - buffer;
        Race { utilities: &self.utilities, vp: self.vp, x }.next_check(seen.now, progress, outlook)
    }
}
