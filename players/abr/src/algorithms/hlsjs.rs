//! hls.js's controller (video-dev/hls.js afe5b8b, after 1.7.1, `abr-controller.ts`): a rung must
//! arrive before the buffer is empty, and may stall for a while if none does.
//!
//! Not modelled: the time to load a media playlist (playlists of a session are small), the bitrate
//! test on the first segment, capabilities of the device. The lowest rung counts as first in the
//! playlist.

use crate::estimate::{HlsJsEstimate, rate};
use crate::observation::Cursor;
use crate::registry::{Entry, Param};
use crate::{Abr, Decision, Observation, Progress, Verdict};
use alloc::boxed::Box;
use weir_units::{BitRate, Span, Time};

pub(crate) const ENTRY: Entry = Entry {
    name: "hlsjs",
    about: "hls.js 1.7: the highest rung that arrives before the buffer is empty",
    params: &[
        Param {
            name: "initial",
            default: "500 kbit/s",
            doc: "the throughput that is assumed before there is a sample: `abrEwmaDefaultEstimate`",
        },
        Param {
            name: "keep",
            default: "95 %",
            doc: "the share of the throughput for rungs up to the last: `abrBandWidthFactor`",
        },
        Param {
            name: "up",
            default: "70 %",
            doc: "the share of the throughput for higher rungs: `abrBandWidthUpFactor`",
        },
        Param {
            name: "starvation",
            default: "4 s",
            doc: "the longest stall that is accepted if no rung arrives in time",
        },
    ],
    verified: None,
    build: |params| {
        let initial = params.rate("initial")?.bps() as f64;
        Ok(Box::new(HlsJs {
            keep: params.share("keep")?.as_f64(),
            up: params.share("up")?.as_f64(),
            starvation: params.span("starvation")?.as_secs_f64(),
            estimate: HlsJsEstimate::new(initial),
            cursor: Cursor::new(),
            last: None,
            forced: None,
            abort: None,
        }))
    },
};

/// No switch to a rung that would take this many segments.
const HOPELESS: f64 = 10.0;

/// The algorithm `hlsjs`.
struct HlsJs {
    keep: f64,
    up: f64,
    starvation: f64,
    estimate: HlsJsEstimate,
    cursor: Cursor,
    /// The rung and the duration of the last segment.
    last: Option<(usize, f64)>,
    /// The rung after an abandoned download, until a segment of it has come.
    forced: Option<usize>,
    /// The download that is to be abandoned, when, and for which rung.
    abort: Option<(Time, Time, usize)>,
}

/// What a search allows.
#[derive(Clone, Copy)]
struct Limits {
    bps: f64,
    highest: usize,
    /// Seconds of buffer, and of stall on top of it.
    buffer: f64,
    stall: f64,
    keep: f64,
    up: f64,
}

impl HlsJs {
    fn observe(&mut self, seen: &Observation) {
        let mut cursor = self.cursor;
        for download in cursor.fresh(seen).iter().filter(|download| download.is_whole()) {
            let ttfb = download.ttfb.as_secs_f64();
            let took = ttfb + download.transfer.as_secs_f64();
            self.estimate.push_ttfb(ttfb);
            self.estimate.push(took - ttfb.min(self.estimate.ttfb()), download.bits());
            let rung = download.rung.min(seen.top());
            self.last = Some((rung, download.media.as_secs_f64()));
            if self.forced == Some(rung) {
                self.forced = None;
            }
        }
        self.cursor = cursor;
    }

    /// `findBestLevel`.
    fn best(&self, seen: &Observation, limits: Limits) -> Option<usize> {
        let base = self.last.map_or(0, |(rung, _)| rung);
        let ttfb = self.estimate.ttfb();
        let media = seen.segment_seconds();
        // Without stall, and with two segments in the buffer, mean rates are safe enough.
        let cautious = limits.stall > 0.0
            || self.last.is_none_or(|(_, media)| media == 0.0 || limits.buffer < 2.0 * media);
        (0..=limits.highest.min(seen.top())).rev().find(|rung| {
            let bps = limits.bps * if *rung > base { limits.up } else { limits.keep };
            let declared = if cautious { peak_bps(seen, *rung) } else { seen.mean_bps(*rung) };
            let fetch = ttfb + declared * media / bps;
            let in_time = seen.live || fetch <= ttfb || fetch < limits.buffer + limits.stall;
            bps >= declared && in_time
        })
    }

    /// The buffer in seconds of time.
    fn until_empty(seen: &Observation) -> f64 {
        let speed = seen.speed.as_f64();
        seen.buffer_seconds() / if speed > 0.0 { speed } else { 1.0 }
    }

    /// `firstAutoLevel`.
    fn first(&self, seen: &Observation) -> usize {
        let (buffer, stall) = (Self::until_empty(seen) / 2.0, self.starvation);
        let highest = seen.top();
        let limits =
            Limits { bps: self.estimate.bps(), highest, buffer, stall, keep: 1.0, up: 1.0 };
        self.best(seen, limits).unwrap_or(0)
    }

    /// `getNextABRAutoLevel`.
    fn next(&self, seen: &Observation, last_media: f64) -> usize {
        let (buffer, highest) = (Self::until_empty(seen), seen.top());
        let (keep, up) = (self.keep, self.up);
        let limits = Limits { bps: self.estimate.bps(), highest, buffer, stall: 0.0, keep, up };
        let without_stall = if buffer > 0.0 { self.best(seen, limits) } else { None };
        let stall =
            if last_media > 0.0 { self.starvation.min(last_media) } else { self.starvation };
        without_stall.or_else(|| self.best(seen, Limits { stall, ..limits })).unwrap_or(0)
    }

    /// Decides, as `_abandonRulesCheck` does, whether a smaller segment would come sooner: for
    /// which rung, and after how many seconds the download is to be abandoned.
    fn too_slow(&mut self, seen: &Observation, progress: &Progress) -> Option<(f64, usize)> {
        let elapsed = progress.elapsed(seen.now).as_secs_f64();
        let (ttfb, media) = (self.estimate.ttfb(), seen.segment_seconds());
        let speed = seen.speed.as_f64();
        if speed <= 0.0 || elapsed <= ttfb.max(media / (2.0 * speed)) {
            return None;
        }
        let buffer = Self::until_empty(seen);
        let was = self.estimate.bps();
        let (loaded, first_byte) = (progress.downloaded_bits(), progress.ttfb);
        let began = first_byte.filter(|_| loaded > 0.0).map(Span::as_secs_f64);
        let expected = loaded.max(media * seen.mean_bps(progress.rung));
        let (bps, left) = match began {
            Some(first) => {
                let streaming = elapsed - first;
                let streaming =
                    if streaming < 1e-3 { elapsed.min(loaded / was) } else { streaming };
                let bps = loaded / streaming;
                (bps, (expected - loaded) / bps)
            }
            None => (was, expected / was + ttfb),
        };
        if left <= buffer {
            return None;
        }
        let instead = |rung: usize| ttfb + media * peak_bps(seen, rung) / bps;
        let soon = buffer.min(media + ttfb);
        // As the player does: the lowest rung is tried without a look at its time, and so nothing
        // gives way to it from the one above.
        let (mut to, mut delay) = (progress.rung - 1, f64::INFINITY);
        while to > 0 {
            delay = instead(to);
            if delay < soon {
                break;
            }
            to -= 1;
        }
        if delay >= left || delay > HOPELESS * media {
            return None;
        }
        match began {
            Some(first) => self.estimate.push(elapsed - ttfb.min(first), loaded),
            None => self.estimate.push_ttfb(elapsed),
        }
        let next_bps = peak_bps(seen, to);
        if self.estimate.bps() * self.up > next_bps {
            self.estimate = HlsJsEstimate::new(next_bps);
        }
        let limits =
            Limits { bps: next_bps, highest: to, buffer: 0.0, stall: buffer, keep: 1.0, up: 1.0 };
        let to = self.best(seen, limits).unwrap_or(to);
        Some((if left > 2.0 * delay { 0.0 } else { delay }, to))
    }

    /// `abortAndSwitch`: the rung that a fresh start can afford.
    fn switch_down(&mut self, seen: &Observation, to: usize) -> usize {
        let buffer = Self::until_empty(seen);
        let bps = peak_bps(seen, 0);
        let limits = Limits { bps, highest: to, buffer: 0.0, stall: buffer, keep: 1.0, up: 1.0 };
        let lowest = self.best(seen, limits).unwrap_or(0);
        self.estimate = HlsJsEstimate::new(peak_bps(seen, lowest));
        self.forced = Some(lowest);
        lowest
    }
}

/// The declared peak rate of a rung in bit/s, at least 1.
fn peak_bps(seen: &Observation, rung: usize) -> f64 {
    seen.ladder.get(rung).map_or(1.0, |rung| rung.peak.bps().max(1) as f64)
}

impl Abr for HlsJs {
    fn decide(&mut self, seen: &Observation) -> Decision {
        self.observe(seen);
        self.abort = None;
        let rung = match (self.forced, self.last) {
            (Some(forced), _) => forced.min(seen.top()),
            (None, Some((_, media))) if self.estimate.is_known() => self.next(seen, media),
            (None, _) => self.first(seen),
        };
        Decision::now(rung)
    }

    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        if progress.rung == 0 || progress.downloaded_bits() >= progress.size_bits() {
            return Verdict::Continue;
        }
        let due = self.abort.filter(|(requested, _, _)| *requested == progress.requested);
        let (at, to) = match due {
            Some((_, at, to)) => (at, to),
            None => {
                let Some((delay, to)) = self.too_slow(seen, progress) else {
                    return Verdict::Continue;
                };
                let at = seen.now.after(Span::from_secs_f64(delay).unwrap_or(Span::MAX));
                self.abort = Some((progress.requested, at, to));
                (at, to)
            }
        };
        if seen.now < at || to >= progress.rung {
            return Verdict::Continue;
        }
        Verdict::Abandon { to: Some(self.switch_down(seen, to)) }
    }

    fn estimate(&self) -> Option<BitRate> {
        Some(rate(self.estimate.bps()))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{download, observation};
    use crate::{Abr, Choice, Observation, Progress, Verdict};
    use alloc::boxed::Box;
    use alloc::vec;
    use weir_units::{Bytes, Ratio, Span, Time};

    fn hlsjs() -> Box<dyn Abr> {
        Choice::named("hlsjs").build().unwrap()
    }

    /// Peaks are 450, 1350, 3000 and 6000 kbit/s; segments play 3 s.
    fn seen(rung: usize, kbps: u64, buffer_s: u64) -> Observation {
        let mut seen = observation(&[300, 900, 2000, 4000]);
        let mut newest = download(kbps, Span::from_s(2), Time::from_ns(1));
        (newest.rung, newest.ttfb) = (rung, Span::from_ms(40));
        (seen.downloads, seen.buffer) = (vec![newest], Span::from_s(buffer_s));
        seen
    }

    #[test]
    fn it_begins_with_what_half_a_megabit_carries() {
        assert_eq!(hlsjs().decide(&observation(&[300, 900, 2000])).rung, 0);
    }

    #[test]
    fn higher_rungs_need_more_throughput_than_the_last() {
        // 4000 kbit/s: 95 % of it carries 3000 from above, 70 % of it does not from below.
        assert_eq!(hlsjs().decide(&seen(2, 4000, 5)).rung, 2);
        assert_eq!(hlsjs().decide(&seen(1, 4000, 5)).rung, 1);
        assert_eq!(hlsjs().decide(&seen(1, 4400, 5)).rung, 2);
        // With two segments in the buffer it is the mean rate, 2000 kbit/s, that counts.
        assert_eq!(hlsjs().decide(&seen(1, 2900, 6)).rung, 2);
    }

    #[test]
    fn a_download_that_would_empty_the_buffer_is_abandoned() {
        let mut abr = hlsjs();
        let mut seen = seen(3, 9000, 4);
        abr.decide(&seen);
        let mut verdict = Verdict::Continue;
        let mut ticks = 0;
        while verdict == Verdict::Continue && ticks < 60 {
            ticks += 1;
            // 1000 kbit/s of 12 Mbit.
            seen.now = Time::ZERO.after(Span::from_ms(100 * ticks));
            seen.buffer = Span::from_s(4).saturating_sub(Span::from_ms(100 * ticks));
            let progress = Progress {
                rung: 3,
                requested: Time::ZERO,
                ttfb: Some(Span::ZERO),
                size: Bytes::new(1_500_000),
                downloaded: Bytes::new(12_500 * ticks),
                part: Ratio::ZERO,
            };
            verdict = abr.progress(&seen, &progress);
        }
        // Not before half of the segment's time has passed.
        assert_eq!((verdict, ticks), (Verdict::Abandon { to: Some(0) }, 16));
        assert_eq!(abr.decide(&seen).rung, 0);
    }
}
