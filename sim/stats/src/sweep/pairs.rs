//! Pairs: trials of equal repeat in two cells, which share everything that was drawn at random.

use super::cells::CellTrials;
use super::metric::Metric;
use crate::methods::bootstrap::Limits;
use crate::methods::estimate::Estimate;

/// The means of a cell's valid trials in some metrics.
#[derive(Debug, Clone, Default)]
pub struct RepeatMeans {
    /// Ascending.
    repeats: Vec<u64>,
    /// For each metric, of each of these repeats: not a number where it is missing.
    values: Vec<Vec<f64>>,
}

impl RepeatMeans {
    /// Those of this cell.
    pub fn of<'m>(cell: &CellTrials<'_>, metrics: impl Iterator<Item = &'m Metric>) -> Self {
        let values = |metric: &Metric| {
            cell.valid().map(|trial| metric.of_trial(trial).unwrap_or(f64::NAN)).collect()
        };
        Self {
            repeats: cell.valid().map(|trial| trial.head.repeat).collect(),
            values: metrics.map(values).collect(),
        }
    }

    /// The values of the metric at this place in the repeats that both have, ours first.
    pub fn paired(&self, reference: &Self, metric: usize) -> Vec<(f64, f64)> {
        let mut theirs = reference.of_metric(metric).peekable();
        let mut pairs = Vec::new();
        for (repeat, value) in self.of_metric(metric) {
            // Both ascend.
            while theirs.next_if(|(other, _)| *other < repeat).is_some() {}
            if let Some((_, other)) = theirs.next_if(|(other, _)| *other == repeat) {
                pairs.push((value, other));
            }
        }
        pairs
    }

    /// The repeats that have this metric.
    fn of_metric(&self, metric: usize) -> impl Iterator<Item = (u64, f64)> {
        let values = self.repeats.iter().zip(self.values.get(metric).into_iter().flatten());
        values.filter(|(_, value)| !value.is_nan()).map(|(repeat, value)| (*repeat, *value))
    }
}

/// What pairs come to.
#[derive(Debug, Clone)]
pub struct PairedDifference {
    /// Ours less the reference's.
    pub difference: Estimate,
    /// The mean of the reference over the same pairs.
    pub reference_mean: f64,
}

impl PairedDifference {
    /// Of these pairs, ours first; `None` of none.
    pub fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let differences: Vec<Vec<f64>> = pairs.iter().map(|(a, b)| vec![a - b]).collect();
        let references: Vec<f64> = pairs.iter().map(|(_, reference)| *reference).collect();
        Some(Self {
            difference: Estimate::of(&differences, Limits::NONE)?,
            reference_mean: Estimate::mean_of(&references)?,
        })
    }
}
