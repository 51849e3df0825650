//! The table `summary`: what the sessions of each cell come to.

use crate::metric::{self, Metric};
use crate::sweep::{Level, Sweep, SweepCell};
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

/// The statistics of one metric, as they stand in the table.
#[derive(Debug, Clone, Copy, Default)]
struct Stats {
    n: u64,
    mean: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    median: Option<f64>,
}

impl Stats {
    fn of(metric: &Metric, cell: &SweepCell) -> Self {
        metric.estimate(cell.valid(), None).map_or_else(Self::default, |found| Self {
            n: found.n,
            mean: Some(found.mean),
            low: found.interval.map(|interval| interval.low),
            high: found.interval.map(|interval| interval.high),
            median: Some(found.median),
        })
    }
}

fn summarise(cell: &SweepCell) -> Summary {
    let trials = |verdict| cell.trials.iter().filter(|t| t.verdict == verdict).count() as u64;
    let of = |metric: &Metric| Stats::of(metric, cell);
    let mean_bitrate = of(&metric::MEAN_BITRATE);
    let settled_bitrate = of(&metric::SETTLED_BITRATE);
    let stall_ratio = of(&metric::STALL_RATIO);
    let stalls = of(&metric::STALLS);
    let stall = of(&metric::STALL);
    let startup = of(&metric::STARTUP);
    let switches = of(&metric::SWITCHES);
    let mean_throughput = of(&metric::MEAN_THROUGHPUT);
    let bytes = of(&metric::BYTES);
    let jain_bitrate = of(&metric::JAIN_BITRATE);
    let jain_throughput = of(&metric::JAIN_THROUGHPUT);
    Summary {
        cell: cell.cell,
        n: cell.valid().map(|trial| trial.sessions.len() as u64).sum(),
        trials_valid: trials(Verdict::Valid),
        trials_invalid: trials(Verdict::Invalid),
        trials_failed: trials(Verdict::Failed),
        mean_bitrate_n: mean_bitrate.n,
        mean_bitrate_mean_bps: mean_bitrate.mean,
        mean_bitrate_mean_low_bps: mean_bitrate.low,
        mean_bitrate_mean_high_bps: mean_bitrate.high,
        mean_bitrate_median_bps: mean_bitrate.median,
        settled_bitrate_n: settled_bitrate.n,
        settled_bitrate_mean_bps: settled_bitrate.mean,
        settled_bitrate_mean_low_bps: settled_bitrate.low,
        settled_bitrate_mean_high_bps: settled_bitrate.high,
        settled_bitrate_median_bps: settled_bitrate.median,
        stall_ratio_n: stall_ratio.n,
        stall_ratio_mean: stall_ratio.mean,
        stall_ratio_mean_low: stall_ratio.low,
        stall_ratio_mean_high: stall_ratio.high,
        stall_ratio_median: stall_ratio.median,
        stalls_mean: stalls.mean,
        stalls_mean_low: stalls.low,
        stalls_mean_high: stalls.high,
        stalls_median: stalls.median,
        stall_mean_us: stall.mean,
        stall_mean_low_us: stall.low,
        stall_mean_high_us: stall.high,
        stall_median_us: stall.median,
        startup_n: startup.n,
        startup_mean_us: startup.mean,
        startup_mean_low_us: startup.low,
        startup_mean_high_us: startup.high,
        startup_median_us: startup.median,
        switches_mean: switches.mean,
        switches_mean_low: switches.low,
        switches_mean_high: switches.high,
        switches_median: switches.median,
        mean_throughput_n: mean_throughput.n,
        mean_throughput_mean_bps: mean_throughput.mean,
        mean_throughput_mean_low_bps: mean_throughput.low,
        mean_throughput_mean_high_bps: mean_throughput.high,
        mean_throughput_median_bps: mean_throughput.median,
        mean_bytes: bytes.mean,
        mean_low_bytes: bytes.low,
        mean_high_bytes: bytes.high,
        median_bytes: bytes.median,
        jain_bitrate_n: jain_bitrate.n,
        jain_bitrate_mean: jain_bitrate.mean,
        jain_bitrate_mean_low: jain_bitrate.low,
        jain_bitrate_mean_high: jain_bitrate.high,
        jain_bitrate_median: jain_bitrate.median,
        jain_throughput_n: jain_throughput.n,
        jain_throughput_mean: jain_throughput.mean,
        jain_throughput_mean_low: jain_throughput.low,
        jain_throughput_mean_high: jain_throughput.high,
        jain_throughput_median: jain_throughput.median,
    }
}
