//! The tables `summary`: what the sessions of each cell of the sweep come to; and `comparisons`:
//! what they come to against each other.
//!
//! One rule names the columns of `summary`: the statistic stands before the unit of the session
//! column that it summarises, and last where there is none: `startup_us` becomes `startup_mean_us`,
//! `stalls` becomes `stalls_mean`, `bytes` becomes `mean_bytes`. The statistics are `mean`, the
//! ends of its 95 % interval `mean_low` and `mean_high`, and `median`. A session column that may be
//! missing also has a count of the sessions that have it: `startup_n`.
//! `stalls`, `stall_us` and `switches` are of the sessions that played, which `startup_n` counts:
//! those that never did have zeros there, which would look as if all were well.
//!
//! `jain_bitrate` and `jain_throughput` are numbers of a trial, not of a session: Jain's index of
//! fairness, (sum x)^2 / (n sum x^2), which is 1 where all n sessions get the same and 1/n where
//! one gets everything (Jain, Chiu, Hawe: DEC-TR-301, 1984). Their counts are counts of trials.
//!
//! The last columns are of the table `live`, by the same rule, and missing for recorded content.

use crate::schema::table;

table! {
    /// One row per cell of the sweep, over the sessions of its valid trials only.
    "summary" => Summary {
        /// The cell of the sweep, counted from 0 in the order of the plan.
        cell: u64,
        /// Sessions of valid trials.
        n: u64,
        /// Valid trials: the ones that count here, and the replicates of the intervals.
        trials_valid: u64,
        /// Invalid trials, left out.
        trials_invalid: u64,
        /// Failed trials, left out.
        trials_failed: u64,
        /// Sessions that have a mean bit rate.
        mean_bitrate_n: u64,
        /// Mean over sessions of `mean_bitrate_bps`.
        mean_bitrate_mean_bps: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        mean_bitrate_mean_low_bps: Option<f64>,
        /// The high end of the same.
        mean_bitrate_mean_high_bps: Option<f64>,
        /// Median over sessions of `mean_bitrate_bps`.
        mean_bitrate_median_bps: Option<f64>,
        /// Sessions that have a settled bit rate.
        settled_bitrate_n: u64,
        /// Mean over sessions of `settled_bitrate_bps`.
        settled_bitrate_mean_bps: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        settled_bitrate_mean_low_bps: Option<f64>,
        /// The high end of the same.
        settled_bitrate_mean_high_bps: Option<f64>,
        /// Median over sessions of `settled_bitrate_bps`.
        settled_bitrate_median_bps: Option<f64>,
        /// Sessions that have a stall ratio.
        stall_ratio_n: u64,
        /// Mean over sessions of `stall_ratio`: each session counts the same, however long.
        stall_ratio_mean: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        stall_ratio_mean_low: Option<f64>,
        /// The high end of the same.
        stall_ratio_mean_high: Option<f64>,
        /// Median over sessions of `stall_ratio`.
        stall_ratio_median: Option<f64>,
        /// Mean of `stalls` over the sessions that played (`startup_n`).
        stalls_mean: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        stalls_mean_low: Option<f64>,
        /// The high end of the same.
        stalls_mean_high: Option<f64>,
        /// Median of `stalls` over the sessions that played (`startup_n`).
        stalls_median: Option<f64>,
        /// Mean of `stall_us` over the sessions that played (`startup_n`).
        stall_mean_us: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        stall_mean_low_us: Option<f64>,
        /// The high end of the same.
        stall_mean_high_us: Option<f64>,
        /// Median of `stall_us` over the sessions that played (`startup_n`).
        stall_median_us: Option<f64>,
        /// Sessions that have a startup delay: those that played at all.
        startup_n: u64,
        /// Mean over sessions of `startup_us`.
        startup_mean_us: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        startup_mean_low_us: Option<f64>,
        /// The high end of the same.
        startup_mean_high_us: Option<f64>,
        /// Median over sessions of `startup_us`.
        startup_median_us: Option<f64>,
        /// Mean of `switches` over the sessions that played (`startup_n`).
        switches_mean: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        switches_mean_low: Option<f64>,
        /// The high end of the same.
        switches_mean_high: Option<f64>,
        /// Median of `switches` over the sessions that played (`startup_n`).
        switches_median: Option<f64>,
        /// Sessions that have Sabre's change of bit rate: those that played the content to its end.
        sabre_bitrate_change_n: u64,
        /// Mean over sessions of `sabre_bitrate_change_bps`.
        sabre_bitrate_change_mean_bps: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        sabre_bitrate_change_mean_low_bps: Option<f64>,
        /// The high end of the same.
        sabre_bitrate_change_mean_high_bps: Option<f64>,
        /// Median over sessions of `sabre_bitrate_change_bps`.
        sabre_bitrate_change_median_bps: Option<f64>,
        /// Sessions that have Sabre's score.
        sabre_score_n: u64,
        /// Mean over sessions of `sabre_score`.
        sabre_score_mean: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        sabre_score_mean_low: Option<f64>,
        /// The high end of the same.
        sabre_score_mean_high: Option<f64>,
        /// Median over sessions of `sabre_score`.
        sabre_score_median: Option<f64>,
        /// Sessions that have Pensieve's linear QoE.
        pensieve_lin_n: u64,
        /// Mean over sessions of `pensieve_lin`.
        pensieve_lin_mean: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        pensieve_lin_mean_low: Option<f64>,
        /// The high end of the same.
        pensieve_lin_mean_high: Option<f64>,
        /// Median over sessions of `pensieve_lin`.
        pensieve_lin_median: Option<f64>,
        /// Sessions that have a QoE that is compared with its bound.
        qoe_n: u64,
        /// Mean over sessions of `qoe`.
        qoe_mean: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        qoe_mean_low: Option<f64>,
        /// The high end of the same.
        qoe_mean_high: Option<f64>,
        /// Median over sessions of `qoe`.
        qoe_median: Option<f64>,
        /// Sessions that have a regret.
        regret_n: u64,
        /// Mean over sessions of `regret`.
        regret_mean: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        regret_mean_low: Option<f64>,
        /// The high end of the same.
        regret_mean_high: Option<f64>,
        /// Median over sessions of `regret`.
        regret_median: Option<f64>,
        /// Sessions that have a mean throughput.
        mean_throughput_n: u64,
        /// Mean over sessions of `mean_throughput_bps`.
        mean_throughput_mean_bps: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        mean_throughput_mean_low_bps: Option<f64>,
        /// The high end of the same.
        mean_throughput_mean_high_bps: Option<f64>,
        /// Median over sessions of `mean_throughput_bps`.
        mean_throughput_median_bps: Option<f64>,
        /// Mean over sessions of `bytes`.
        mean_bytes: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        mean_low_bytes: Option<f64>,
        /// The high end of the same.
        mean_high_bytes: Option<f64>,
        /// Median over sessions of `bytes`.
        median_bytes: Option<f64>,
        /// Trials with two sessions or more, in which Jain's index of `mean_bitrate_bps` is
        /// defined.
        jain_bitrate_n: u64,
        /// Mean over those trials of Jain's index of their sessions' `mean_bitrate_bps`; a session
        /// that never played counts as 0.
        jain_bitrate_mean: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        jain_bitrate_mean_low: Option<f64>,
        /// The high end of the same.
        jain_bitrate_mean_high: Option<f64>,
        /// Median over those trials.
        jain_bitrate_median: Option<f64>,
        /// Trials with two sessions or more, in which Jain's index of bytes over session time is
        /// defined.
        jain_throughput_n: u64,
        /// Mean over those trials of Jain's index of their sessions' bytes over session time.
        jain_throughput_mean: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        jain_throughput_mean_low: Option<f64>,
        /// The high end of the same.
        jain_throughput_mean_high: Option<f64>,
        /// Median over those trials.
        jain_throughput_median: Option<f64>,
        /// Sessions that have the live latency (`latency_mean_us` of `live`).
        latency_mean_n: u64,
        /// Mean over sessions of the same.
        latency_mean_mean_us: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        latency_mean_mean_low_us: Option<f64>,
        /// The high end of the same.
        latency_mean_mean_high_us: Option<f64>,
        /// Median over sessions.
        latency_mean_median_us: Option<f64>,
        /// Sessions that have the latency from capture (`capture_latency_mean_us` of `live`).
        capture_latency_mean_n: u64,
        /// Mean over sessions of the same.
        capture_latency_mean_mean_us: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        capture_latency_mean_mean_low_us: Option<f64>,
        /// The high end of the same.
        capture_latency_mean_mean_high_us: Option<f64>,
        /// Median over sessions.
        capture_latency_mean_median_us: Option<f64>,
        /// Sessions that have `rate_deviation` of `live`.
        rate_deviation_n: u64,
        /// Mean over sessions of the same.
        rate_deviation_mean: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        rate_deviation_mean_low: Option<f64>,
        /// The high end of the same.
        rate_deviation_mean_high: Option<f64>,
        /// Median over sessions.
        rate_deviation_median: Option<f64>,
        /// Sessions that have `skips` of `live`.
        skips_n: u64,
        /// Mean over sessions of the same.
        skips_mean: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        skips_mean_low: Option<f64>,
        /// The high end of the same.
        skips_mean_high: Option<f64>,
        /// Median over sessions.
        skips_median: Option<f64>,
        /// Sessions that have `availability` of `live`.
        availability_n: u64,
        /// Mean over sessions of the same.
        availability_mean: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        availability_mean_low: Option<f64>,
        /// The high end of the same.
        availability_mean_high: Option<f64>,
        /// Median over sessions.
        availability_median: Option<f64>,
    }
}

table! {
    /// One row per metric and pair of cells that differ in one named thing, such as the algorithm.
    "comparisons" => Comparison {
        /// The cell, counted from 0 in the order of the plan.
        cell: u64,
        /// The cell that it is compared with, which has the axis's first value and is equal else.
        reference_cell: u64,
        /// The axis in which they differ; the paths of a zipped axis are joined by ` + `.
        axis: String,
        /// The value of the cell.
        value: String,
        /// The value of the reference.
        reference: String,
        /// What is compared: the column of `sessions`, or `jain_bitrate` or `jain_throughput`.
        metric: String,
        /// Pairs: repeats that are valid in both cells and have the metric in both.
        n: u64,
        /// Mean over pairs of the value of the cell minus that of the reference.
        difference_mean: Option<f64>,
        /// The low end of the 95 % interval of that mean.
        difference_low: Option<f64>,
        /// The high end of the same.
        difference_high: Option<f64>,
        /// Mean over the same pairs of the value of the reference.
        reference_mean: Option<f64>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::Live;
    use crate::{Column, Row, Session};

    /// What is summarised, in the order of the table.
    const METRICS: [&str; 14] = [
        "mean_bitrate_bps",
        "settled_bitrate_bps",
        "stall_ratio",
        "stalls",
        "stall_us",
        "startup_us",
        "switches",
        "sabre_bitrate_change_bps",
        "sabre_score",
        "pensieve_lin",
        "qoe",
        "regret",
        "mean_throughput_bps",
        "bytes",
    ];

    /// The same of `live`, which a session may lack.
    const LIVE: [&str; 5] =
        ["latency_mean_us", "capture_latency_mean_us", "rate_deviation", "skips", "availability"];

    const STATISTICS: [&str; 4] = ["mean", "mean_low", "mean_high", "median"];

    fn with_statistic(column: &Column, statistic: &str) -> String {
        let mut words: Vec<&str> = column.name.split('_').collect();
        let unit_words = usize::from(column.unit().is_some());
        words.insert(words.len() - unit_words, statistic);
        words.join("_")
    }

    #[test]
    fn the_columns_follow_the_rule_that_names_them() {
        let mut expected: Vec<String> =
            ["cell", "n", "trials_valid", "trials_invalid", "trials_failed"]
                .map(String::from)
                .into();
        for metric in METRICS {
            let column = Session::TABLE.columns.iter().find(|c| c.name == metric).unwrap();
            if column.nullable {
                let name = metric.trim_end_matches("_bps").trim_end_matches("_us");
                expected.push(format!("{name}_n"));
            }
            let statistics = STATISTICS.map(|statistic| with_statistic(column, statistic));
            expected.extend(statistics);
        }
        for metric in ["jain_bitrate", "jain_throughput"] {
            expected.push(format!("{metric}_n"));
            expected.extend(STATISTICS.map(|statistic| format!("{metric}_{statistic}")));
        }
        for metric in LIVE {
            let column = Live::TABLE.columns.iter().find(|c| c.name == metric).unwrap();
            expected.push(format!("{}_n", metric.trim_end_matches("_us")));
            expected.extend(STATISTICS.map(|statistic| with_statistic(column, statistic)));
        }
        let names: Vec<&str> = Summary::TABLE.columns.iter().map(|c| c.name).collect();
        assert_eq!(names, expected);
    }
}
