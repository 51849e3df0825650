//! What is measured of a session or a trial, and what the replicates of a cell come to in it.

use crate::bootstrap::{Interval, Limits, Replicate, interval, mean};
use crate::fairness::jain;
use crate::sweep::{SweepTrial, Watched};

/// A number of every session, or of every trial.
#[derive(Debug)]
pub(crate) struct Metric {
    /// The column of `sessions`, or the stem of the columns of `summary`.
    pub name: &'static str,
    /// Where its means can be.
    pub limits: Limits,
    of: Of,
}

#[derive(Debug)]
enum Of {
    Session(fn(&Watched) -> Option<f64>),
    Trial(fn(&[Watched]) -> Option<f64>),
}

const fn positive(name: &'static str, of: fn(&Watched) -> Option<f64>) -> Metric {
    Metric { name, limits: Limits::POSITIVE, of: Of::Session(of) }
}

const fn any(name: &'static str, of: fn(&Watched) -> Option<f64>) -> Metric {
    Metric { name, limits: Limits::NONE, of: Of::Session(of) }
}

pub(crate) const MEAN_BITRATE: Metric = positive("mean_bitrate_bps", |s| s.mean_bitrate_bps);
pub(crate) const SETTLED_BITRATE: Metric =
    positive("settled_bitrate_bps", |s| s.settled_bitrate_bps);
pub(crate) const STALL_RATIO: Metric =
    Metric { name: "stall_ratio", limits: Limits::SHARE, of: Of::Session(|s| s.stall_ratio) };
/// Of sessions that played, like the next ones of stalls and switches: what never began cannot stop, and
/// zeros would look as if all were well.
pub(crate) const STALLS: Metric = positive("stalls", |s| s.startup_us.and(s.stalls));
pub(crate) const STALL: Metric = positive("stall_us", |s| s.startup_us.and(s.stall_us));
pub(crate) const STARTUP: Metric = positive("startup_us", |s| s.startup_us);
pub(crate) const SWITCHES: Metric = positive("switches", |s| s.startup_us.and(s.switches));
/// Not a column: sessions of different lengths are compared by it.
pub(crate) const SWITCHES_PER_MINUTE: Metric = positive("switches per minute", |s| {
    let minutes = s.session_us? / 60e6;
    (minutes > 0.0 && s.startup_us.is_some()).then_some(s.switches? / minutes)
});
pub(crate) const SABRE_BITRATE_CHANGE: Metric =
    positive("sabre_bitrate_change_bps", |s| s.sabre_bitrate_change_bps);
pub(crate) const SABRE_SCORE: Metric = any("sabre_score", |s| s.sabre_score);
pub(crate) const PENSIEVE_LIN: Metric = any("pensieve_lin", |s| s.pensieve_lin);
pub(crate) const QOE: Metric = any("qoe", |s| s.qoe);
/// Below zero where the bound does not hold, which is worth seeing.
pub(crate) const REGRET: Metric = any("regret", |s| s.regret);
pub(crate) const MEAN_THROUGHPUT: Metric =
    positive("mean_throughput_bps", |s| s.mean_throughput_bps);
pub(crate) const BYTES: Metric = positive("bytes", |s| s.bytes);
/// This and those that follow are of live streams.
pub(crate) const LATENCY: Metric = positive("latency_mean_us", |s| s.live.latency_mean_us);
pub(crate) const CAPTURE_LATENCY: Metric =
    positive("capture_latency_mean_us", |s| s.live.capture_latency_mean_us);
pub(crate) const RATE_DEVIATION: Metric = positive("rate_deviation", |s| s.live.rate_deviation);
pub(crate) const SKIPS: Metric = positive("skips", |s| s.live.skips);
pub(crate) const AVAILABILITY: Metric = Metric {
    name: "availability",
    limits: Limits::SHARE,
    of: Of::Session(|s| s.live.availability),
};

/// A session that never played got nothing, which is unfair: it counts.
pub(crate) const JAIN_BITRATE: Metric = Metric {
    name: "jain_bitrate",
    limits: Limits::SHARE,
    of: Of::Trial(|sessions| jain(sessions.iter().map(|s| s.mean_bitrate_bps.unwrap_or(0.0)))),
};

/// Of what each session received over its whole length, transfers and pauses alike.
pub(crate) const JAIN_THROUGHPUT: Metric = Metric {
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
    pub(crate) fn values(&self, trial: &SweepTrial, abr: Option<&str>) -> Vec<f64> {
        let wanted = |s: &&Watched| abr.is_none_or(|abr| *s.abr == *abr);
        match self.of {
            Of::Session(of) => trial.sessions.iter().filter(wanted).filter_map(of).collect(),
            Of::Trial(of) => of(&trial.sessions).into_iter().collect(),
        }
    }

    /// The mean of a trial.
    pub(crate) fn of_trial(&self, trial: &SweepTrial) -> Option<f64> {
        Replicate::of(self.values(trial, None).into_iter()).map(Replicate::mean)
    }

    /// What these trials come to; `None` where none has a value, or their sum has none.
    pub(crate) fn estimate<'a>(
        &self,
        trials: impl Iterator<Item = &'a SweepTrial>,
        abr: Option<&str>,
    ) -> Option<Estimate> {
        let values: Vec<Vec<f64>> = trials.map(|trial| self.values(trial, abr)).collect();
        Estimate::of(&values, self.limits)
    }
}

/// What the replicates of a cell come to in one metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Estimate {
    /// Values: of sessions, or of trials.
    pub n: u64,
    /// Over all values.
    pub mean: f64,
    /// The 95 % interval of the mean, given enough replicates.
    pub interval: Option<Interval>,
    /// Of all values, where they are known one by one.
    pub median: Option<f64>,
    /// The mean of each replicate, in order, where they are too few for an interval.
    pub replicates: Vec<f64>,
}

impl Estimate {
    /// The mean alone; `None` of nothing, and past the range of the type.
    pub(crate) fn mean_of(values: &[f64]) -> Option<f64> {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        mean.is_finite().then_some(mean)
    }

    /// Of the values of each trial. Sums are taken in order, so that equal input gives equal bits.
    pub(crate) fn of(trials: &[Vec<f64>], limits: Limits) -> Option<Self> {
        let replicates: Vec<Replicate> =
            trials.iter().filter_map(|values| Replicate::of(values.iter().copied())).collect();
        let estimate = Self::of_replicates(&replicates, limits)?;
        let mut values: Vec<f64> = trials.iter().flatten().copied().collect();
        values.sort_unstable_by(f64::total_cmp);
        let (below, above) = ((values.len() - 1) / 2, values.len() / 2);
        Some(Self { median: Some(values[below].midpoint(values[above])), ..estimate })
    }

    /// Of the sums of each replicate, which do not tell the median.
    pub(crate) fn of_replicates(replicates: &[Replicate], limits: Limits) -> Option<Self> {
        // A sum past the range of the type is nothing that was measured.
        let mean = mean(replicates).filter(|mean| mean.is_finite())?;
        let interval = interval(replicates, limits);
        let few = replicates.iter().filter(|_| interval.is_none());
        Some(Self {
            n: replicates.iter().map(|replicate| replicate.count as u64).sum(),
            mean,
            interval,
            median: None,
            replicates: few.map(|replicate| replicate.mean()).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[f64]) -> Option<Estimate> {
        Estimate::of(&values.iter().map(|v| vec![*v]).collect::<Vec<_>>(), Limits::NONE)
    }

    #[test]
    fn nothing_has_no_estimate() {
        assert_eq!(of(&[]), None);
        assert_eq!(Estimate::of(&[vec![], vec![]], Limits::NONE), None);
    }

    #[test]
    fn the_median_of_an_even_number_of_values_lies_between_the_middle_two() {
        let found = of(&[9.0, 1.0, 2.0, 4.0]).unwrap();
        assert_eq!((found.n, found.mean, found.median), (4, 4.0, Some(3.0)));
        assert_eq!(of(&[7.0]).unwrap().median, Some(7.0));
    }

    #[test]
    fn every_session_counts_the_same_and_every_trial_is_one_replicate() {
        let found = Estimate::of(&[vec![1.0, 1.0, 1.0], vec![], vec![5.0]], Limits::NONE).unwrap();
        assert_eq!((found.n, found.mean, found.replicates), (4, 2.0, vec![1.0, 5.0]));
    }

    proptest! {
        #[test]
        fn mean_and_median_lie_within_the_values(
            values in proptest::collection::vec(0.0f64..1e12, 1..9)
        ) {
            let found = of(&values).unwrap();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(0.0, f64::max);
            let slack = 1e-9 * high;
            let median = found.median.unwrap();
            for value in [found.mean, median] {
                prop_assert!(low - slack <= value && value <= high + slack);
            }
            let below = values.iter().filter(|v| **v <= median).count();
            prop_assert!(2 * below >= values.len());
        }
    }
}
