//! dash.js 5 with its default rules (Dash-Industry-Forum/dash.js ccf3b95: `ABRRulesCollection.js`,
//! `AbrController.js`; see `dashjs/mod.rs`): throughput or BOLA by the buffer, insufficient buffer,
//! switch history, abandoned requests. The lowest rung that any of them asks for is taken.
//!
//! Not modelled: dropped frames (off by default), fast switching (see [`crate::Replacing`]).

use crate::dashjs::{AbandonRule, BUFFER_TIME, BolaRule, INITIAL, STALLED, SwitchHistory, Version};
use crate::estimate::{DashJsEstimate, dashjs_rung_for as rung_for};
use crate::observation::Cursor;
use crate::registry::Entry;
use crate::{Abr, Decision, Observation, Progress, Verdict};
use alloc::boxed::Box;
use weir_units::{BitRate, Span, Time};

pub(crate) const ENTRY: Entry = Entry {
    name: "dashjs",
    about: "dash.js 5 with its default rules: dynamic, insufficient buffer, history, abandonment",
    params: &[BUFFER_TIME, INITIAL],
    verified: None,
    build: |params| {
        let buffer_time = params.span("buffer_time")?;
        Ok(Box::new(DashJs {
            buffer_time,
            initial: params.rate("initial")?.bps() as f64 / 1e3,
            estimate: DashJsEstimate::new(),
            bola: BolaRule::new(Version::Five, buffer_time),
            history: SwitchHistory::default(),
            abandon: AbandonRule::new(buffer_time),
            is_bola: false,
            current: None,
            appended: 0,
            careful_until: Time::ZERO,
            cursor: Cursor::new(),
        }))
    },
};

/// `insufficientBufferRule`: its share of the throughput, and the segments before which it rests.
const INSUFFICIENT: f64 = 0.7;
const IGNORED: u32 = 2;
/// `abandonLoadTimeout`: after an abandoned request, only lower rungs are taken for this long.
const CAREFUL: Span = Span::from_s(10);

/// The algorithm `dashjs`.
struct DashJs {
    buffer_time: Span,
    initial: f64,
    estimate: DashJsEstimate,
    bola: BolaRule,
    history: SwitchHistory,
    abandon: AbandonRule,
    is_bola: bool,
    /// The rung that the player is at.
    current: Option<usize>,
    /// Segments appended, as far as they matter.
    appended: u32,
    careful_until: Time,
    cursor: Cursor,
}

impl DashJs {
    /// BOLA from a full buffer until it is half empty (`_updateDynamicAbrStrategy`).
    fn switch_rule(&mut self, buffer: Span) {
        self.is_bola = if self.is_bola {
            buffer.saturating_add(buffer) >= self.buffer_time
        } else {
            buffer >= self.buffer_time
        };
    }

    fn observe(&mut self, seen: &Observation) {
        self.estimate.update(seen);
        self.bola.observe(seen);
        let mut cursor = self.cursor;
        for download in cursor.fresh(seen) {
            if download.added() {
                self.appended = (self.appended + 1).min(IGNORED);
                // The buffer is lowest before a segment is appended, and highest after it.
                self.switch_rule(download.buffer.saturating_sub(download.media));
            }
            self.switch_rule(download.buffer);
        }
        self.cursor = cursor;
        self.switch_rule(seen.buffer);
    }

    /// The lowest of what the rules ask for, and a wait in milliseconds; `None` if none asks.
    fn rules(&mut self, seen: &Observation) -> (Option<usize>, f64) {
        let loaded = seen.buffer > STALLED;
        let careful = seen.now < self.careful_until;
        let mut lowest = self.history.cap(seen.top());
        let mut wait = 0.0;
        let mut ask = |rung: usize| lowest = Some(lowest.map_or(rung, |lowest| lowest.min(rung)));
        if self.is_bola {
            if let Some((rung, pause)) = self.bola.decide(seen, &self.estimate) {
                wait = pause;
                ask(rung);
            }
        } else if let Some(safe) = self.estimate.safe_kbps()
            && (loaded || seen.live)
            && !careful
        {
            ask(rung_for(seen, safe));
        }
        if self.appended >= IGNORED {
            let share = INSUFFICIENT * seen.buffer_seconds() / seen.segment_seconds();
            let kbps = self.estimate.kbps().map(|kbps| kbps * share).filter(|kbps| *kbps > 0.0);
            if !loaded {
                ask(0);
            } else if let Some(kbps) = kbps {
                ask(rung_for(seen, kbps));
            }
        }
        (lowest, wait)
    }
}

impl Abr for DashJs {
    fn decide(&mut self, seen: &Observation) -> Decision {
        self.observe(seen);
        let Some(current) = self.current.map(|rung| rung.min(seen.top())) else {
            let rung = rung_for(seen, self.initial);
            self.current = Some(rung);
            return Decision::now(rung);
        };
        let (asked, wait) = self.rules(seen);
        let mut rung = current;
        if let Some(asked) = asked {
            self.history.push(current, asked);
            if asked < current || seen.now >= self.careful_until {
                rung = asked;
            }
        }
        self.current = Some(rung);
        self.bola.set_current(rung);
        Decision::after_seconds(seen, rung, wait / 1e3)
    }

    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        let Some(to) = self.abandon.progress(seen, progress) else { return Verdict::Continue };
        self.history.clear();
        self.current = Some(to);
        self.careful_until = seen.now.after(CAREFUL);
        Verdict::Abandon { to: Some(to) }
    }

    fn estimate(&self) -> Option<BitRate> {
        self.estimate.rate()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{download, observation};
    use crate::{Abr, Choice, Observation, Progress, Verdict};
    use alloc::boxed::Box;
    use weir_units::{Bytes, Ratio, Span, Time};

    fn dashjs() -> Box<dyn Abr> {
        Choice::named("dashjs").build().unwrap()
    }

    /// After a download at this rate, with this much in the buffer.
    fn after(seen: &mut Observation, kbps: u64, buffer_s: u64) {
        let finished = seen.now.after(Span::from_s(1));
        let mut newest = download(kbps, Span::from_s(1), finished);
        newest.buffer = Span::from_s(buffer_s);
        seen.downloads.push(newest);
        (seen.now, seen.buffer) = (finished, newest.buffer);
        seen.segment += 1;
    }

    #[test]
    fn it_begins_with_a_megabit_and_goes_on_with_the_throughput() {
        let (mut abr, mut seen) = (dashjs(), observation(&[300, 900, 2000, 4000]));
        assert_eq!(abr.decide(&seen).rung, 1);
        after(&mut seen, 3000, 3);
        assert_eq!(abr.decide(&seen).rung, 2);
        // 0.7 * 3000 * 3 / 3: no more than 2100 kbit/s from the third segment on.
        after(&mut seen, 8000, 3);
        assert_eq!(abr.decide(&seen).rung, 2);
        after(&mut seen, 8000, 1);
        assert_eq!(abr.decide(&seen).rung, 1);
        after(&mut seen, 8000, 0);
        assert_eq!(abr.decide(&seen).rung, 0);
    }

    #[test]
    fn a_slow_download_is_abandoned_once() {
        let (mut abr, mut seen) = (dashjs(), observation(&[300, 900, 2000, 4000]));
        after(&mut seen, 9000, 3);
        abr.decide(&seen);
        let mut verdicts = 0;
        for tick in 1..40u64 {
            // 600 kbit/s of 12 Mbit: it would take 20 s where it plays 3 s.
            let progress = Progress {
                rung: 3,
                requested: Time::ZERO,
                ttfb: Some(Span::from_ms(50)),
                size: Bytes::new(1_500_000),
                downloaded: Bytes::new(7_500 * tick),
                part: Ratio::ZERO,
            };
            seen.now = Time::ZERO.after(Span::from_ms(50 + 100 * tick));
            match abr.progress(&seen, &progress) {
                Verdict::Continue => {}
                verdict => {
                    assert_eq!(verdict, Verdict::Abandon { to: Some(0) });
                    assert!(tick >= 6);
                    verdicts += 1;
                }
            }
        }
        assert_eq!(verdicts, 1);
    }
}
