//! The table `summary`: what the sessions of each cell come to.

use crate::sweep::cells::CellTrials;
use crate::sweep::metric::{self, Metric};
use weir_records::Summary;

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
    fn of(metric: &Metric, cell: &CellTrials<'_>) -> Self {
        cell.estimate(metric).map_or_else(Self::default, |found| Self {
            n: found.n,
            mean: Some(found.mean),
            low: found.interval.map(|interval| interval.low),
            high: found.interval.map(|interval| interval.high),
            median: found.median,
        })
    }
}

/// The row of a cell.
pub(super) fn summarise(cell: &CellTrials<'_>) -> Summary {
    let of = |metric: &Metric| Stats::of(metric, cell);
    let mean_bitrate = of(&metric::MEAN_BITRATE);
    let settled_bitrate = of(&metric::SETTLED_BITRATE);
    let stall_ratio = of(&metric::STALL_RATIO);
    let stalls = of(&metric::STALLS);
    let stall = of(&metric::STALL);
    let startup = of(&metric::STARTUP);
    let switches = of(&metric::SWITCHES);
    let sabre_bitrate_change = of(&metric::SABRE_BITRATE_CHANGE);
    let sabre_score = of(&metric::SABRE_SCORE);
    let pensieve_lin = of(&metric::PENSIEVE_LIN);
    let qoe = of(&metric::QOE);
    let regret = of(&metric::REGRET);
    let mean_throughput = of(&metric::MEAN_THROUGHPUT);
    let bytes = of(&metric::BYTES);
    let jain_bitrate = of(&metric::JAIN_BITRATE);
    let jain_throughput = of(&metric::JAIN_THROUGHPUT);
    let latency = of(&metric::LATENCY);
    let capture_latency = of(&metric::CAPTURE_LATENCY);
    let rate_deviation = of(&metric::RATE_DEVIATION);
    let skips = of(&metric::SKIPS);
    let availability = of(&metric::AVAILABILITY);
    Summary {
        cell: cell.cell.cell,
        n: cell.cell.sessions,
        trials_valid: cell.cell.valid,
        trials_invalid: cell.cell.invalid,
        trials_failed: cell.cell.failed,
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
        sabre_bitrate_change_n: sabre_bitrate_change.n,
        sabre_bitrate_change_mean_bps: sabre_bitrate_change.mean,
        sabre_bitrate_change_mean_low_bps: sabre_bitrate_change.low,
        sabre_bitrate_change_mean_high_bps: sabre_bitrate_change.high,
        sabre_bitrate_change_median_bps: sabre_bitrate_change.median,
        sabre_score_n: sabre_score.n,
        sabre_score_mean: sabre_score.mean,
        sabre_score_mean_low: sabre_score.low,
        sabre_score_mean_high: sabre_score.high,
        sabre_score_median: sabre_score.median,
        pensieve_lin_n: pensieve_lin.n,
        pensieve_lin_mean: pensieve_lin.mean,
        pensieve_lin_mean_low: pensieve_lin.low,
        pensieve_lin_mean_high: pensieve_lin.high,
        pensieve_lin_median: pensieve_lin.median,
        qoe_n: qoe.n,
        qoe_mean: qoe.mean,
        qoe_mean_low: qoe.low,
        qoe_mean_high: qoe.high,
        qoe_median: qoe.median,
        regret_n: regret.n,
        regret_mean: regret.mean,
        regret_mean_low: regret.low,
        regret_mean_high: regret.high,
        regret_median: regret.median,
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
        latency_mean_n: latency.n,
        latency_mean_mean_us: latency.mean,
        latency_mean_mean_low_us: latency.low,
        latency_mean_mean_high_us: latency.high,
        latency_mean_median_us: latency.median,
        capture_latency_mean_n: capture_latency.n,
        capture_latency_mean_mean_us: capture_latency.mean,
        capture_latency_mean_mean_low_us: capture_latency.low,
        capture_latency_mean_mean_high_us: capture_latency.high,
        capture_latency_mean_median_us: capture_latency.median,
        rate_deviation_n: rate_deviation.n,
        rate_deviation_mean: rate_deviation.mean,
        rate_deviation_mean_low: rate_deviation.low,
        rate_deviation_mean_high: rate_deviation.high,
        rate_deviation_median: rate_deviation.median,
        skips_n: skips.n,
        skips_mean: skips.mean,
        skips_mean_low: skips.low,
        skips_mean_high: skips.high,
        skips_median: skips.median,
        availability_n: availability.n,
        availability_mean: availability.mean,
        availability_mean_low: availability.low,
        availability_mean_high: availability.high,
        availability_median: availability.median,
    }
}
