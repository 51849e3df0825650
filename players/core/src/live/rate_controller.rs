//! How players change the rate of playback to get back to their target. Each law is evaluated every
//! [`TICK`] of the session while it plays; players do so when the browser reports the playhead,
//! four times a second in Chromium, or in rounds of their own.
//!
//! The constants are those of dash.js after v5.1.1 (ccf3b95, `CatchupController.js`), hls.js 1.7.1
//! (afe5b8b, `latency-controller.ts`) and androidx/media 2bc2078
//! (`DefaultLivePlaybackSpeedControl.java`).

use super::CatchUp;
use weir_units::{Ratio, Span, Time};

/// How often the rate and the latency are looked at: `timeupdate` in Chromium. (dash.js also looks
/// at every progress of a download, media3 every 10 ms.)
pub(super) const TICK: Span = Span::from_ms(250);

/// dash.js: `liveCatchup.playbackRate`, as far as 0.5 either way.
const DASHJS_SPREAD: f64 = 0.5;
/// dash.js leaves the rate as it is if it would change by less: 0.02 / (0.5 / `max`).
const DASHJS_LEAST_CHANGE: f64 = 0.02 / (0.5 / DASHJS_SPREAD);
/// hls.js: `maxLiveSyncPlaybackRate`. Its default, 1, switches the law off.
const HLSJS_MOST: f64 = 1.5;
/// hls.js: `liveSyncOnStallIncrease`, in seconds.
const HLSJS_PER_STALL: f64 = 1.0;
/// media3: the rate per second of distance.
const MEDIA3_FACTOR: f64 = 0.1;
/// media3: the least and the most rate.
const MEDIA3_RATES: (f64, f64) = (0.97, 1.03);
/// media3: the distance below which the rate is 1, in seconds.
const MEDIA3_NEAR: f64 = 0.02;
/// media3: how often the rate changes at most.
const MEDIA3_EVERY: Span = Span::from_s(1);
/// media3: by how much a stall increases the target, in seconds.
const MEDIA3_PER_STALL: f64 = 0.5;
/// media3 smooths with 0.999 in each of its rounds, of which one comes every 10 ms: 25 of them in a
/// tick.
const MEDIA3_SMOOTHING: f64 = 0.975_297_7;

/// What a law looks at, in seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct RateInput {
    pub now: Time,
    /// The live edge less the playhead.
    pub latency: f64,
    /// The latency that is aimed at.
    pub target: f64,
    /// Media in the buffer.
    pub buffer: f64,
    /// The target duration of the playlist.
    pub target_duration: f64,
    /// How long ago a playlist last brought a new segment.
    pub age: f64,
    /// The latency from which on the player jumps instead.
    pub max_latency: Option<f64>,
}

/// A law with its memory.
#[derive(Debug, Clone)]
pub(super) struct PlaybackRateController {
    kind: CatchUp,
    rate: f64,
    /// dash.js: the buffer was empty, and has not filled again.
    recovering: bool,
    stalls: u32,
    media3: Option<Media3>,
}

/// What media3 remembers, in seconds.
#[derive(Debug, Clone, Copy)]
struct Media3 {
    target: f64,
    /// The least latency that seems possible, smoothed, and its deviation.
    possible: f64,
    deviation: f64,
    updated: Option<Time>,
}

impl PlaybackRateController {
    pub fn new(kind: CatchUp) -> Self {
        Self { kind, rate: 1.0, recovering: false, stalls: 0, media3: None }
    }

    /// Whether it ever changes anything.
    pub fn acts(&self) -> bool {
        self.kind != CatchUp::None
    }

    /// Playback stopped for want of media. It goes on at the rate 1.
    pub fn stalled(&mut self) {
        self.rate = 1.0;
        self.recovering = true;
        self.stalls = self.stalls.saturating_add(1);
        if let Some(media3) = &mut self.media3 {
            media3.target += MEDIA3_PER_STALL;
            media3.updated = None;
        }
    }

    /// The rate from now on.
    pub fn rate(&mut self, seen: &RateInput) -> Ratio {
        self.rate = match self.kind {
            CatchUp::None => 1.0,
            CatchUp::DashJs => self.dashjs(seen),
            CatchUp::HlsJs => self.hlsjs(seen),
            CatchUp::Media3 => self.media3(seen),
        };
        // Rates are between 0.5 and 1.5.
        Ratio::from_ppb((self.rate * 1e9).round() as u64)
    }

    fn dashjs(&mut self, seen: &RateInput) -> f64 {
        if seen.buffer > seen.target / 2.0 {
            self.recovering = false;
        }
        let rate = if self.recovering { 1.0 } else { dashjs(seen.latency - seen.target) };
        let changes = (rate - self.rate).abs() >= DASHJS_LEAST_CHANGE;
        if changes || rate == 1.0 { rate } else { self.rate }
    }

    fn hlsjs(&self, seen: &RateInput) -> f64 {
        let late = (f64::from(self.stalls) * HLSJS_PER_STALL).min(seen.target_duration);
        let target = seen.target + late;
        let off = seen.latency - target;
        let most = seen.max_latency.unwrap_or(f64::INFINITY).min(target + seen.target_duration);
        if off > 0.05 && off < most && seen.buffer > 1.0 {
            let edge_stalled = (seen.age - 3.0 * seen.target_duration).max(0.0);
            hlsjs(off, edge_stalled).clamp(1.0, HLSJS_MOST)
        } else {
            1.0
        }
    }

    fn media3(&mut self, seen: &RateInput) -> f64 {
        let possible = seen.latency - seen.buffer;
        let memory = self.media3.get_or_insert(Media3 {
            // Stalls before the first look count as well.
            target: seen.target + MEDIA3_PER_STALL * f64::from(self.stalls),
            possible,
            deviation: 0.0,
            updated: None,
        });
        let smooth = |old: f64, new: f64| MEDIA3_SMOOTHING * old + (1.0 - MEDIA3_SMOOTHING) * new;
        // The upper bound of what is possible, not its mean.
        memory.possible = possible.max(smooth(memory.possible, possible));
        memory.deviation = smooth(memory.deviation, (possible - memory.possible).abs());
        if memory.updated.is_some_and(|updated| seen.now.since(updated) < MEDIA3_EVERY) {
            return self.rate;
        }
        memory.updated = Some(seen.now);
        let safe = memory.possible + 3.0 * memory.deviation;
        if memory.target > safe {
            // Back to what was aimed at, no faster than the rate can follow.
            let every = MEDIA3_EVERY.as_secs_f64();
            let step = (self.rate - 1.0 + MEDIA3_RATES.1 - 1.0) * every;
            memory.target = safe.max(seen.target).max(memory.target - step);
        } else {
            let slowing = seen.latency - (self.rate - 1.0).max(0.0) / MEDIA3_FACTOR;
            memory.target = slowing.min(safe).max(memory.target);
        }
        media3(seen.latency - memory.target)
    }
}

/// The rate of dash.js at this distance from the target, in seconds: a logistic curve.
fn dashjs(off: f64) -> f64 {
    (1.0 - DASHJS_SPREAD) + 2.0 * DASHJS_SPREAD / (1.0 + libm::exp(-5.0 * off))
}

/// The rate of hls.js, in steps of 0.05 and before it is limited, if the playlist is late by so
/// much.
fn hlsjs(off: f64, edge_stalled: f64) -> f64 {
    (20.0 * 2.0 / (1.0 + libm::exp(-0.75 * off - edge_stalled))).round() / 20.0
}

/// The rate of media3.
fn media3(off: f64) -> f64 {
    if off.abs() < MEDIA3_NEAR {
        return 1.0;
    }
    (1.0 + MEDIA3_FACTOR * off).clamp(MEDIA3_RATES.0, MEDIA3_RATES.1)
}

#[cfg(test)]
mod tests;
