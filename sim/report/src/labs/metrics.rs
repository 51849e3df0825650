//! Differences of sessions between labs: trials that differ in the lab only, over all networks.

use super::pairs::{CellPair, pairs};
use crate::bootstrap::Limits;
use crate::metric::{
    Estimate, MEAN_BITRATE, MEAN_THROUGHPUT, Metric, PENSIEVE_LIN, SABRE_SCORE, SETTLED_BITRATE,
    STALL_RATIO, STALLS, STARTUP, SWITCHES,
};
use crate::sweep::{CellTrials, Sweep};
use std::collections::BTreeMap;

/// A metric, and how it is shown.
#[derive(Debug)]
pub(crate) struct Shown {
    pub title: &'static str,
    pub unit: &'static str,
    /// The metric's value that is shown as 1.
    pub size: f64,
    pub decimals: usize,
    metric: &'static Metric,
}

const fn shown(
    title: &'static str,
    unit: &'static str,
    (size, decimals): (f64, usize),
    metric: &'static Metric,
) -> Shown {
    Shown { title, unit, size, decimals, metric }
}

static METRICS: [Shown; 9] = [
    shown("mean bitrate", "Mbit/s", (1e6, 3), &MEAN_BITRATE),
    shown("settled bitrate", "Mbit/s", (1e6, 3), &SETTLED_BITRATE),
    shown("stall ratio", "%", (0.01, 2), &STALL_RATIO),
    shown("stalls", "", (1.0, 2), &STALLS),
    shown("startup", "s", (1e6, 3), &STARTUP),
    shown("switches", "", (1.0, 2), &SWITCHES),
    shown("mean throughput", "Mbit/s", (1e6, 3), &MEAN_THROUGHPUT),
    shown("Sabre's score", "", (1.0, 3), &SABRE_SCORE),
    shown("Pensieve's linear QoE", "per segment", (1.0, 3), &PENSIEVE_LIN),
];

/// What all pairs of trials come to in a metric.
#[derive(Debug, Clone)]
pub(crate) struct SessionDifference {
    pub lab: String,
    pub reference: String,
    pub shown: &'static Shown,
    /// Of the lab's mean less the reference's, over pairs.
    pub estimate: Estimate,
    /// The reference's mean over the same pairs.
    pub reference_mean: f64,
}

/// The means of a trial, one for each metric.
type Means = [Option<f64>; METRICS.len()];

/// Sessions in several labs while cells come.
pub(crate) struct Sessions<'a> {
    sweep: &'a Sweep,
    pairs: Vec<CellPair>,
    /// By cell and repeat.
    means: BTreeMap<u64, BTreeMap<u64, Means>>,
}

impl<'a> Sessions<'a> {
    pub(crate) fn of(sweep: &'a Sweep) -> Self {
        Self { sweep, pairs: pairs(sweep), means: BTreeMap::new() }
    }

    /// Adds a cell, of which each comes once.
    pub(crate) fn add(&mut self, cell: &CellTrials<'_>) {
        if self.pairs.is_empty() {
            return;
        }
        let means = cell.valid().map(|trial| {
            (trial.head.repeat, METRICS.each_ref().map(|shown| shown.metric.of_trial(trial)))
        });
        self.means.insert(cell.cell.cell, means.collect());
    }

    /// The differences of this lab from the one that it is compared with; none of metrics that no pair
    /// has.
    pub(crate) fn of_lab(&self, lab: &str, reference: &str) -> Vec<SessionDifference> {
        let Some(axis) = super::lab_axis(self.sweep) else { return Vec::new() };
        let labs = &self.sweep.axes[axis].levels;
        let pairs: Vec<&CellPair> =
            self.pairs.iter().filter(|pair| labs[pair.lab].text == lab).collect();
        let of = |(at, shown): (usize, &'static Shown)| {
            let (mut differences, mut references) = (Vec::new(), Vec::new());
            for pair in &pairs {
                let (Some(ours), Some(theirs)) =
                    (self.means.get(&pair.cell), self.means.get(&pair.reference_cell))
                else {
                    continue;
                };
                for (repeat, means) in ours {
                    let other = theirs.get(repeat).and_then(|means| means[at]);
                    if let (Some(own), Some(other)) = (means[at], other) {
                        differences.push(vec![own - other]);
                        references.push(other);
                    }
                }
            }
            Some(SessionDifference {
                lab: lab.to_owned(),
                reference: reference.to_owned(),
                shown,
                estimate: Estimate::of(&differences, Limits::NONE)?,
                reference_mean: Estimate::mean_of(&references)?,
            })
        };
        METRICS.iter().enumerate().filter_map(|(at, shown)| of((at, shown))).collect()
    }
}
