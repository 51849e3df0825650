//! What the simulators of Sabre and Pensieve would print of a session.
//!
//! Both know sessions that are played to the end of the content, and no others: where the viewer
//! left before, or the player gave up, there is nothing to compare with, and the numbers are
//! missing. So they are where the lowest rung has no rate of which there is a logarithm.

use super::preset::{LIN_STALL, LOG_STALL, SABRE_STALL};
use crate::metrics::SessionMetrics;
use weir_abr::MAX_RUNGS;
use weir_units::{BitRate, Span};

/// Sabre's "time averages": means over the play time, which includes startup and stalls.
///
/// Sabre adds up over segments and divides by the play time in segments (UMass-LIDS/sabre 09b03bb,
/// `sabre.py`: `to_time_average`); here each segment weighs as much as it plays, which is the same
/// where all play equally long. What counts is what was presented: not what was replaced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SabreAverages {
    /// "time average played bitrate", of declared rates.
    pub bitrate_bps: f64,
    /// "time average bitrate change": of the absolute differences of consecutive segments.
    pub bitrate_change_bps: f64,
    /// "time average played utility": of ln(bit rate / lowest bit rate).
    pub utility: f64,
    /// "rebuffer ratio": stalled time over play time. Startup is no stall.
    pub rebuffer_ratio: f64,
    /// "time average score": the utility less 5 times the rebuffer ratio.
    pub score: f64,
}

/// Pensieve's QoE: means over the segments without the first, whose rung is not chosen and which
/// its plots leave out (hongzimao/pensieve 1120bb1, `test/plot_results.py`). With it goes the
/// startup.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PensieveMeans {
    /// QoE_lin: Mbit/s, less 4.3 per second of stall, less the absolute difference to the segment
    /// before in Mbit/s.
    pub lin: f64,
    /// QoE_log: ln(bit rate / lowest bit rate), less 2.66 per second of stall, less the absolute
    /// difference to the segment before.
    pub log: f64,
}

impl SessionMetrics {
    /// What Sabre and Pensieve would print of this session, each if it would; Pensieve needs a
    /// second segment.
    pub fn published(&self) -> (Option<SabreAverages>, Option<PensieveMeans>) {
        if !self.complete || self.lowest == BitRate::default() || self.length == Span::ZERO {
            return (None, None);
        }
        let sums = Sums::of(self);
        let (stalled, play_time) = (self.stalled(), self.length.ns() as f64);
        let utility = sums.utility / play_time;
        let rebuffer_ratio = stalled.ns() as f64 / play_time;
        let sabre = SabreAverages {
            bitrate_bps: sums.bitrate / play_time,
            bitrate_change_bps: sums.change / play_time,
            utility,
            rebuffer_ratio,
            score: utility - SABRE_STALL * rebuffer_ratio,
        };
        let pensieve = (sums.rest > 0).then(|| {
            let mean = |sum, stall| (sum - stall * stalled.as_secs_f64()) / sums.rest as f64;
            PensieveMeans { lin: mean(sums.lin / 1e6, LIN_STALL), log: mean(sums.log, LOG_STALL) }
        });
        (Some(sabre), pensieve)
    }
}

/// Sums over the segments presented: Sabre's weigh as much as a segment plays, in nanoseconds;
/// Pensieve's are without the first segment and without stalls. All rates are in bit/s.
#[derive(Debug, Default)]
struct Sums {
    bitrate: f64,
    change: f64,
    utility: f64,
    lin: f64,
    log: f64,
    /// The segments without the first.
    rest: usize,
}

impl Sums {
    fn of(metrics: &SessionMetrics) -> Self {
        let mut utilities = Utilities::new(metrics.lowest);
        let mut sums = Self::default();
        // The bit rate and the utility of the segment before.
        let mut last: Option<(f64, f64)> = None;
        for segment in metrics.presented() {
            let (rate, media) = (segment.declared.bps() as f64, segment.media.ns() as f64);
            let utility = utilities.of(segment.rung, rate);
            sums.bitrate += rate * media;
            sums.utility += utility * media;
            if let Some((before, utility_before)) = last {
                let change = (rate - before).abs();
                sums.change += change * media;
                sums.lin += rate - change;
                sums.log += utility - (utility - utility_before).abs();
                sums.rest += 1;
            }
            last = Some((rate, utility));
        }
        sums
    }
}

/// ln(bit rate / lowest bit rate) of each rung, once it was asked for: a logarithm costs more than
/// all the rest.
struct Utilities {
    lowest: f64,
    known: [f64; MAX_RUNGS],
}

impl Utilities {
    fn new(lowest: BitRate) -> Self {
        Self { lowest: lowest.bps() as f64, known: [f64::NAN; MAX_RUNGS] }
    }

    fn of(&mut self, rung: usize, rate: f64) -> f64 {
        match self.known.get_mut(rung) {
            Some(known) if !known.is_nan() => *known,
            Some(known) => {
                *known = libm::log(rate / self.lowest);
                *known
            }
            None => libm::log(rate / self.lowest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{SegmentMetrics, StallMetrics};
    use crate::qoe::QoePreset;
    use weir_units::{Bytes, Time};

    const LADDER: [u64; 4] = [300, 750, 1850, 4300];

    fn rate(rung: usize) -> BitRate {
        BitRate::from_bps(LADDER[rung] * 1000)
    }

    fn request(rung: usize) -> SegmentMetrics {
        SegmentMetrics {
            segment: 0,
            sequence: None,
            rung,
            declared: rate(rung),
            media: Span::from_s(4),
            requested: Time::ZERO,
            status: None,
            ttfb: None,
            transfer: None,
            download: Span::ZERO,
            bytes: Bytes::ZERO,
            reads: 1,
            buffer_before: Span::ZERO,
            buffer_after: Span::ZERO,
            estimate: None,
            wait: Span::ZERO,
            replacement: false,
            err: None,
        }
    }

    /// A session that was played to its end.
    fn session(rungs: &[usize], startup: Span, stalled: Span) -> SessionMetrics {
        let played = Span::from_s(4 * rungs.len() as u64);
        let stall = StallMetrics {
            start: Time::ZERO,
            duration: stalled,
            played: Span::ZERO,
            cut_off: false,
        };
        SessionMetrics {
            startup: Some(startup),
            length: startup.saturating_add(played).saturating_add(stalled),
            played,
            segments: rungs.iter().copied().map(request).collect(),
            presented: (0..rungs.len() as u32).collect(),
            stalls: vec![stall],
            lowest: rate(0),
            complete: true,
            live: None,
            err: None,
        }
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-12 * a.abs().max(b.abs()).max(1.0)
    }

    #[test]
    fn the_score_and_the_means_are_the_qoe_of_the_presets() {
        let ladder = LADDER.map(|kbps| BitRate::from_bps(kbps * 1000));
        let (startup, stalled, segment) =
            (Span::from_ms(700), Span::from_ms(2300), Span::from_s(4));
        for rungs in [&[0, 3, 3, 1, 2, 0][..], &[1, 1], &[2]] {
            let metrics = session(rungs, startup, stalled);
            let (sabre, pensieve) = metrics.published();
            let qoe = |preset: QoePreset| preset.qoe(&ladder, segment).unwrap();
            let score = qoe(QoePreset::SabreScore).of(rungs, startup, stalled, segment);
            assert!(near(sabre.unwrap().score, score), "{rungs:?}");
            assert_eq!(pensieve.is_some(), rungs.len() > 1);
            let Some(PensieveMeans { lin, log }) = pensieve else { continue };
            for (mean, preset) in [(lin, QoePreset::PensieveLin), (log, QoePreset::PensieveLog)] {
                // The sum, but for the first segment and the startup.
                let qoe = qoe(preset);
                let sum = qoe.of(rungs, Span::ZERO, stalled, segment) - qoe.utility(rungs[0]);
                assert!(near(mean, sum / (rungs.len() - 1) as f64), "{preset:?} {rungs:?}");
            }
        }
    }

    #[test]
    fn averages_are_over_startup_and_stalls_too() {
        // 8 s of media in 10 s.
        let metrics = session(&[0, 1], Span::from_ms(500), Span::from_ms(1500));
        let sabre = metrics.published().0.unwrap();
        assert!(near(sabre.bitrate_bps, 1_050_000.0 * 4.0 / 10.0));
        assert!(near(sabre.bitrate_change_bps, 450_000.0 * 4.0 / 10.0));
        assert!(near(sabre.utility, 2.5f64.ln() * 4.0 / 10.0));
        assert!(near(sabre.rebuffer_ratio, 0.15));
        assert!(near(sabre.score, sabre.utility - 0.75));
    }

    #[test]
    fn what_was_replaced_does_not_count() {
        let mut metrics = session(&[0, 0, 2], Span::ZERO, Span::ZERO);
        metrics.segments.push(SegmentMetrics { replacement: true, ..request(2) });
        metrics.presented = vec![0, 3, 2];
        assert_eq!(metrics.published(), session(&[0, 2, 2], Span::ZERO, Span::ZERO).published());
    }

    #[test]
    fn a_session_that_was_not_played_to_its_end_has_none() {
        let whole = session(&[0, 1], Span::ZERO, Span::ZERO);
        assert!(whole.published().0.is_some() && whole.published().1.is_some());
        let left = SessionMetrics { complete: false, ..whole.clone() };
        let unpriced = SessionMetrics { lowest: BitRate::default(), ..whole };
        for metrics in [left, unpriced, SessionMetrics::default()] {
            assert_eq!(metrics.published(), (None, None));
        }
    }
}
