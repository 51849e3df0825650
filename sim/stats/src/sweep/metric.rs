//! What is measured of a session or a trial.

use super::session::{SessionRow, SweepTrial};
use crate::methods::bootstrap::{Limits, Replicate};
use crate::methods::estimate::Estimate;
use crate::methods::fairness::jain;

/// A number of every session, or of every trial.
#[derive(Debug)]
pub struct Metric {
    /// The column of `sessions`, or the stem of the columns of `summary`.
    pub name: &'static str,
    /// Where its means can be.
    pub limits: Limits,
    of: Of,
}

#[derive(Debug)]
enum Of {
    Session(fn(&SessionRow) -> Option<f64>),
    Trial(fn(&[SessionRow]) -> Option<f64>),
}

const fn positive(name: &'static str, of: fn(&SessionRow) -> Option<f64>) -> Metric {
    Metric { name, limits: Limits::POSITIVE, of: Of::Session(of) }
}

const fn any(name: &'static str, of: fn(&SessionRow) -> Option<f64>) -> Metric {
    Metric { name, limits: Limits::NONE, of: Of::Session(of) }
}

/// Of what was watched.
pub const MEAN_BITRATE: Metric = positive("mean_bitrate_bps", |s| s.mean_bitrate_bps);
/// The same without the beginning.
pub const SETTLED_BITRATE: Metric = positive("settled_bitrate_bps", |s| s.settled_bitrate_bps);
/// The share of the time that playback stood still.
pub const STALL_RATIO: Metric =
    Metric { name: "stall_ratio", limits: Limits::SHARE, of: Of::Session(|s| s.stall_ratio) };
/// Of sessions that played, like the next ones of stalls and switches: what never began cannot
/// stop, and zeros would look as if all were well.
pub const STALLS: Metric = positive("stalls", |s| s.startup_us.and(s.stalls));
/// The time of all stalls.
pub const STALL: Metric = positive("stall_us", |s| s.startup_us.and(s.stall_us));
/// From pressing play to the first picture.
pub const STARTUP: Metric = positive("startup_us", |s| s.startup_us);
/// Changes of rung.
pub const SWITCHES: Metric = positive("switches", |s| s.startup_us.and(s.switches));
/// Not a column: sessions of different lengths are compared by it.
pub const SWITCHES_PER_MINUTE: Metric = positive("switches per minute", |s| {
    let minutes = s.session_us? / 60e6;
    (minutes > 0.0 && s.startup_us.is_some()).then_some(s.switches? / minutes)
});
/// Sabre's measure of switching.
pub const SABRE_BITRATE_CHANGE: Metric =
    positive("sabre_bitrate_change_bps", |s| s.sabre_bitrate_change_bps);
/// Sabre's score.
pub const SABRE_SCORE: Metric = any("sabre_score", |s| s.sabre_score);
/// Pensieve's linear QoE.
pub const PENSIEVE_LIN: Metric = any("pensieve_lin", |s| s.pensieve_lin);
/// The quality of experience that the oracle bounds.
pub const QOE: Metric = any("qoe", |s| s.qoe);
/// Below zero where the bound does not hold, which is worth seeing.
pub const REGRET: Metric = any("regret", |s| s.regret);
/// Over the transfers.
pub const MEAN_THROUGHPUT: Metric = positive("mean_throughput_bps", |s| s.mean_throughput_bps);
/// What was received.
pub const BYTES: Metric = positive("bytes", |s| s.bytes);
/// This and those that follow are of live streams.
pub const LATENCY: Metric = positive("latency_mean_us", |s| s.live.latency_mean_us);
/// From the camera to the screen.
pub const CAPTURE_LATENCY: Metric =
    positive("capture_latency_mean_us", |s| s.live.capture_latency_mean_us);
/// How far the playback rate is from 1.
pub const RATE_DEVIATION: Metric = positive("rate_deviation", |s| s.live.rate_deviation);
/// Jumps towards the live edge.
pub const SKIPS: Metric = positive("skips", |s| s.live.skips);
/// The share of segments that were there at the first request.
pub const AVAILABILITY: Metric = Metric {
    name: "availability",
    limits: Limits::SHARE,
    of: Of::Session(|s| s.live.availability),
};

/// A session that never played got nothing, which is unfair: it counts.
pub const JAIN_BITRATE: Metric = Metric {
    name: "jain_bitrate",
    limits: Limits::SHARE,
    of: Of::Trial(|sessions| jain(sessions.iter().map(|s| s.mean_bitrate_bps.unwrap_or(0.0)))),
};

/// Of what each session received over its whole length, transfers and pauses alike.
pub const JAIN_THROUGHPUT: Metric = Metric {
    name: "jain_throughput",
    limits: Limits::SHARE,
    of: Of::Trial(|sessions| {
        jain(sessions.iter().map(|s| match (s.bytes, s.session_us) {
            (Some(bytes), Some(time)) if time > 0.0 => bytes / time,
            _ => 0.0,
        }))
    }),
};

impl Metric {
    /// Its values in this trial, of the sessions with this algorithm if one is named.
    pub fn values(&self, trial: &SweepTrial, abr: Option<&str>) -> Vec<f64> {
        let wanted = |s: &&SessionRow| abr.is_none_or(|abr| *s.abr == *abr);
        match self.of {
            Of::Session(of) => trial.sessions.iter().filter(wanted).filter_map(of).collect(),
            Of::Trial(of) => of(&trial.sessions).into_iter().collect(),
        }
    }

    /// The mean of a trial.
    pub fn of_trial(&self, trial: &SweepTrial) -> Option<f64> {
        Replicate::of(self.values(trial, None).into_iter()).map(Replicate::mean)
    }

    /// What these trials come to; `None` where none has a value, or their sum has none.
    pub fn estimate<'a>(
        &self,
        trials: impl Iterator<Item = &'a SweepTrial>,
        abr: Option<&str>,
    ) -> Option<Estimate> {
        let values: Vec<Vec<f64>> = trials.map(|trial| self.values(trial, abr)).collect();
        Estimate::of(&values, self.limits)
    }
}
