//! `BolaRule.js`: BOLA-E with the guard of BOLA-O.

use crate::estimate::{DashJsEstimate, dashjs_rung_for as rung_for};
use crate::observation::{Cursor, ms};
use crate::utility::{Utilities, last_best};
use crate::{Download, End, Observation};
use weir_units::Time;

/// `MINIMUM_BUFFER_S`, `MINIMUM_BUFFER_PER_BITRATE_LEVEL_S`, in milliseconds.
const MINIMUM: f64 = 10_000.0;
const MINIMUM_PER_RUNG: f64 = 2_000.0;
/// `PLACEHOLDER_BUFFER_DECAY`.
const DECAY: f64 = 0.99;

/// Whose scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// dash.js 2.6 to 4.7: `(Vp * (u + gp) - Q) / R`.
    Four,
    /// dash.js 5 (since 5f7b4db): `(Vp * (u - 1 + gp) - Q) / R`. The buffers by which placeholder
    /// and waits are set stayed where they were, Vp above those of the scores.
    Five,
}

/// The rule. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BolaRule {
    version: Version,
    buffer_time: f64,
    utilities: Utilities,
    gp: f64,
    vp: f64,
    steady: bool,
    placeholder: f64,
    /// The rung of the last download or decision, whichever is newer.
    current: usize,
    cursor: Cursor,
    /// The end of the newest download, until a decision has counted from there.
    finished: Option<Time>,
    called: Option<Time>,
}

impl BolaRule {
    pub(crate) fn new(version: Version, buffer_time: weir_units::Span) -> Self {
        Self {
            version,
            buffer_time: ms(buffer_time),
            utilities: Utilities::new(1.0),
            gp: 0.0,
            vp: 0.0,
            steady: false,
            placeholder: 0.0,
            current: 0,
            cursor: Cursor::new(),
            finished: None,
            called: None,
        }
    }

    /// The least buffer at which `rung` is preferred to all lower ones
    /// (`_minBufferLevelForRepresentation`).
    fn least_buffer(&self, rung: usize) -> f64 {
        self.utilities.least_buffer(rung, self.vp, self.gp)
    }

    /// The most buffer at which `rung` is preferred to waiting
    /// (`_maxBufferLevelForRepresentation`).
    fn most_buffer(&self, rung: usize) -> f64 {
        self.vp * (self.utilities.of(rung) + self.gp)
    }

    /// Of equal scores, the highest rung's.
    fn best(&self, buffer: f64) -> usize {
        let shift = match self.version {
            Version::Four => 0.0,
            Version::Five => 1.0,
        };
        last_best(self.utilities.len(), |rung| {
            let utility = self.utilities.of(rung) - shift;
            (self.vp * (utility + self.gp) - buffer) / self.utilities.kbps(rung)
        })
    }

    /// Takes in what happened since the last decision. To be called before every decision, also
    /// those that another rule takes.
    pub(crate) fn observe(&mut self, seen: &Observation) {
        self.utilities.update(seen);
        let rungs = self.utilities.len();
        let most = self.buffer_time.max(MINIMUM + MINIMUM_PER_RUNG * rungs as f64);
        self.gp = (self.utilities.top() - 1.0) / (most / MINIMUM - 1.0);
        self.vp = MINIMUM / self.gp;
        let mut cursor = self.cursor;
        for download in cursor.fresh(seen) {
            match download.end {
                End::Whole => self.loaded(download),
                End::Abandoned { to } => self.abandoned(download, to.unwrap_or(0).min(rungs - 1)),
            }
        }
        self.cursor = cursor;
    }

    fn loaded(&mut self, download: &Download) {
        self.current = download.rung.min(self.utilities.len() - 1);
        self.finished = Some(download.finished);
        // The segment is not in the buffer yet when the rule learns of it.
        let added = if download.replacement { 0.0 } else { ms(download.media) };
        let buffer = (ms(download.buffer) - added).max(0.0);
        if self.steady && buffer <= ms(super::STALLED) {
            self.placeholder = 0.0;
        }
        let at_request = buffer + ms(download.ttfb.saturating_add(download.transfer));
        let most = (self.most_buffer(self.current) - at_request).max(0.0);
        self.placeholder = (self.placeholder * DECAY).min(most);
        if download.replacement {
            self.placeholder += ms(download.media);
        }
    }

    fn abandoned(&mut self, download: &Download, to: usize) {
        self.current = to;
        let wanted = if to > 0 { self.least_buffer(to) } else { MINIMUM };
        let most = (wanted - ms(download.buffer)).max(0.0);
        self.placeholder = self.placeholder.min(most);
    }

    /// The rung, and a wait in milliseconds; `None` before there is an estimate.
    pub(crate) fn decide(
        &mut self,
        seen: &Observation,
        estimate: &DashJsEstimate,
    ) -> Option<(usize, f64)> {
        let buffer = ms(seen.buffer);
        let carried = rung_for(seen, estimate.safe_kbps()?);
        if self.utilities.len() == 1 {
            return Some((0, 0.0));
        }
        if !self.steady {
            self.placeholder = (self.least_buffer(carried) - buffer).max(0.0);
            self.current = carried;
            let last = seen.downloads.iter().rev().find(|download| download.is_whole());
            self.steady = last.is_some_and(|last| seen.buffer >= last.media);
            return Some((carried, 0.0));
        }
        // Whatever delayed the decision was not the network.
        if let Some(since) = self.finished.or(self.called) {
            self.placeholder += ms(seen.now.since(since));
        }
        (self.called, self.finished) = (Some(seen.now), None);

        let mut rung = self.best(buffer + self.placeholder);
        if rung > self.current && rung > carried {
            rung = carried.max(self.current);
        }
        let mut wait = (buffer + self.placeholder - self.most_buffer(rung)).max(0.0);
        if wait <= self.placeholder {
            self.placeholder -= wait;
            wait = 0.0;
        } else {
            wait -= self.placeholder;
            self.placeholder = 0.0;
        }
        self.current = rung;
        // At the top the player decides how full the buffer gets.
        Some((rung, if rung == seen.top() { 0.0 } else { wait }))
    }

    /// The rung on which all rules together agreed.
    pub(crate) fn set_current(&mut self, rung: usize) {
        self.current = rung;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::observation;
    use weir_units::Span;

    const SABRE: [u64; 10] = [230, 331, 477, 688, 991, 1427, 2056, 2962, 5027, 6000];

    fn rule(version: Version) -> BolaRule {
        let mut rule = BolaRule::new(version, Span::from_s(18));
        rule.observe(&observation(&SABRE));
        rule
    }

    /// Computed with the constants of the player for Sabre's ladder.
    #[test]
    fn the_buffers_are_those_of_the_player() {
        let rule = rule(Version::Four);
        assert!((rule.gp - 1.630_717_719_6).abs() < 1e-9);
        assert!((rule.vp - 6_132.269_171_8).abs() < 1e-6);
        let least = [0, 11_049, 13_285, 15_528, 17_770, 20_007, 22_245, 24_484, 27_151, 29_442];
        for (rung, expected) in least.into_iter().enumerate() {
            let got = rule.least_buffer(rung);
            assert!((got - f64::from(expected)).abs() <= 0.6, "{rung}: {got}");
        }
        assert!((rule.most_buffer(0) - 16_132.0).abs() < 0.6);
        assert!((rule.most_buffer(9) - 36_132.0).abs() < 0.6);
    }

    #[test]
    fn version_five_shifts_the_scores_and_nothing_else() {
        let (four, five) = (rule(Version::Four), rule(Version::Five));
        for rung in 1..SABRE.len() {
            let threshold = four.least_buffer(rung);
            assert_eq!(threshold, five.least_buffer(rung));
            assert!(four.best(threshold - 1.0) < rung && four.best(threshold + 1.0) >= rung);
            let threshold = threshold - five.vp;
            assert!(five.best(threshold - 1.0) < rung && five.best(threshold + 1.0) >= rung);
        }
        assert_eq!((five.best(23_309.0), five.best(23_311.0)), (8, 9));
    }
}
