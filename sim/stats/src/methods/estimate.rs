//! What replicates come to: their mean, its interval, and what is said where they are too few for
//! one.

use super::bootstrap::{Interval, Limits, Replicate, interval, mean};

/// What the replicates of a cell come to in one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
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
    pub fn mean_of(values: &[f64]) -> Option<f64> {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        mean.is_finite().then_some(mean)
    }

    /// Of the values of each trial. Sums are taken in order, so that equal input gives equal bits.
    pub fn of(trials: &[Vec<f64>], limits: Limits) -> Option<Self> {
        let replicates: Vec<Replicate> =
            trials.iter().filter_map(|values| Replicate::of(values.iter().copied())).collect();
        let estimate = Self::of_replicates(&replicates, limits)?;
        let mut values: Vec<f64> = trials.iter().flatten().copied().collect();
        values.sort_unstable_by(f64::total_cmp);
        let (below, above) = ((values.len() - 1) / 2, values.len() / 2);
        Some(Self { median: Some(values[below].midpoint(values[above])), ..estimate })
    }

    /// Of the sums of each replicate, which do not tell the median.
    pub fn of_replicates(replicates: &[Replicate], limits: Limits) -> Option<Self> {
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
