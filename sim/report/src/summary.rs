//! The table `summary`: what the sessions of each cell come to.

use crate::sweep::{Level, Sweep, SweepCell, Watched};
use weir_records::{Summary, Verdict};

/// The summary of a run.
#[derive(Debug, Clone)]
pub(crate) struct Summaries {
    /// One row for each cell, in the order of the plan.
    pub rows: Vec<SummaryRow>,
}

/// A cell and its summary.
#[derive(Debug, Clone)]
pub(crate) struct SummaryRow {
    /// The cell's value on each axis.
    pub params: Vec<Level>,
    pub summary: Summary,
}

impl Summaries {
    pub(crate) fn of(sweep: &Sweep) -> Self {
        let row = |cell| SummaryRow { params: sweep.params(cell), summary: summarise(cell) };
        Self { rows: sweep.cells.iter().map(row).collect() }
    }
}

/// How many values there are, their mean and their median.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stats {
    pub n: u64,
    pub mean: Option<f64>,
    pub median: Option<f64>,
}

impl Stats {
    /// Of the values that are there; the sum is taken in their order, so that equal input gives
    /// the same bits.
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        let count = values.len();
        let mean = (count > 0).then(|| values.iter().sum::<f64>() / count as f64);
        values.sort_by(f64::total_cmp);
        let median = match (values.get(count.wrapping_sub(1) / 2), values.get(count / 2)) {
            (Some(low), Some(high)) => Some(low.midpoint(*high)),
            _ => None,
        };
        Self { n: count as u64, mean, median }
    }
}

fn summarise(cell: &SweepCell) -> Summary {
    let sessions: Vec<&Watched> = cell.valid().flat_map(|trial| &trial.sessions).collect();
    let stats = |metric: fn(&Watched) -> Option<f64>| {
        Stats::of(sessions.iter().filter_map(|session| metric(session)))
    };
    let trials = |verdict| cell.trials.iter().filter(|t| t.verdict == verdict).count() as u64;

    let mean_bitrate = stats(|s| s.mean_bitrate_bps);
    let settled_bitrate = stats(|s| s.settled_bitrate_bps);
    let stall_ratio = stats(|s| s.stall_ratio);
    let stalls = stats(|s| s.stalls);
    let stall = stats(|s| s.stall_us);
    let startup = stats(|s| s.startup_us);
    let switches = stats(|s| s.switches);
    let mean_throughput = stats(|s| s.mean_throughput_bps);
    let bytes = stats(|s| s.bytes);
    Summary {
        cell: cell.cell,
        n: sessions.len() as u64,
        trials_valid: trials(Verdict::Valid),
        trials_invalid: trials(Verdict::Invalid),
        trials_failed: trials(Verdict::Failed),
        mean_bitrate_n: mean_bitrate.n,
        mean_bitrate_mean_bps: mean_bitrate.mean,
        mean_bitrate_median_bps: mean_bitrate.median,
        settled_bitrate_n: settled_bitrate.n,
        settled_bitrate_mean_bps: settled_bitrate.mean,
        settled_bitrate_median_bps: settled_bitrate.median,
        stall_ratio_n: stall_ratio.n,
        stall_ratio_mean: stall_ratio.mean,
        stall_ratio_median: stall_ratio.median,
        stalls_mean: stalls.mean,
        stalls_median: stalls.median,
        stall_mean_us: stall.mean,
        stall_median_us: stall.median,
        startup_n: startup.n,
        startup_mean_us: startup.mean,
        startup_median_us: startup.median,
        switches_mean: switches.mean,
        switches_median: switches.median,
        mean_throughput_n: mean_throughput.n,
        mean_throughput_mean_bps: mean_throughput.mean,
        mean_throughput_median_bps: mean_throughput.median,
        mean_bytes: bytes.mean,
        median_bytes: bytes.median,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_has_no_mean_and_no_median() {
        assert_eq!(Stats::of([].into_iter()), Stats { n: 0, mean: None, median: None });
    }

    #[test]
    fn the_median_of_an_even_number_of_values_lies_between_the_middle_two() {
        let stats = Stats::of([9.0, 1.0, 2.0, 4.0].into_iter());
        assert_eq!(stats, Stats { n: 4, mean: Some(4.0), median: Some(3.0) });
        assert_eq!(Stats::of([7.0].into_iter()).median, Some(7.0));
    }

    proptest! {
        #[test]
        fn mean_and_median_lie_within_the_values(
            values in proptest::collection::vec(0.0f64..1e12, 1..50)
        ) {
            let stats = Stats::of(values.iter().copied());
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(0.0, f64::max);
            let slack = 1e-9 * high;
            for value in [stats.mean.unwrap(), stats.median.unwrap()] {
                prop_assert!(low - slack <= value && value <= high + slack);
            }
            let below = values.iter().filter(|v| **v <= stats.median.unwrap()).count();
            prop_assert!(2 * below >= values.len());
        }
    }
}
