//! The table `summary`: what the sessions of each cell of the sweep come to.
//!
//! One rule names its columns: the statistic (`mean`, `median`) stands before the unit of the
//! session column that it summarises, and last where there is none: `startup_us` becomes
//! `startup_mean_us`, `stalls` becomes `stalls_mean`, `bytes` becomes `mean_bytes`. A session
//! column that may be missing also has a count of the sessions that have it: `startup_n`.

use crate::schema::table;

table! {
    /// One row per cell of the sweep, over the sessions of its valid trials only.
    "summary" => Summary {
        /// The cell of the sweep, counted from 0 in the order of the plan.
        cell: u64,
        /// Sessions of valid trials.
        n: u64,
        /// Valid trials: the ones that count here.
        trials_valid: u64,
        /// Invalid trials, left out.
        trials_invalid: u64,
        /// Failed trials, left out.
        trials_failed: u64,
        /// Sessions that have a mean bit rate.
        mean_bitrate_n: u64,
        /// Mean over sessions of `mean_bitrate_bps`.
        mean_bitrate_mean_bps: Option<f64>,
        /// Median over sessions of `mean_bitrate_bps`.
        mean_bitrate_median_bps: Option<f64>,
        /// Sessions that have a settled bit rate.
        settled_bitrate_n: u64,
        /// Mean over sessions of `settled_bitrate_bps`.
        settled_bitrate_mean_bps: Option<f64>,
        /// Median over sessions of `settled_bitrate_bps`.
        settled_bitrate_median_bps: Option<f64>,
        /// Sessions that have a stall ratio.
        stall_ratio_n: u64,
        /// Mean over sessions of `stall_ratio`: each session counts the same, however long.
        stall_ratio_mean: Option<f64>,
        /// Median over sessions of `stall_ratio`.
        stall_ratio_median: Option<f64>,
        /// Mean over sessions of `stalls`.
        stalls_mean: Option<f64>,
        /// Median over sessions of `stalls`.
        stalls_median: Option<f64>,
        /// Mean over sessions of `stall_us`.
        stall_mean_us: Option<f64>,
        /// Median over sessions of `stall_us`.
        stall_median_us: Option<f64>,
        /// Sessions that have a startup delay: those that played at all.
        startup_n: u64,
        /// Mean over sessions of `startup_us`.
        startup_mean_us: Option<f64>,
        /// Median over sessions of `startup_us`.
        startup_median_us: Option<f64>,
        /// Mean over sessions of `switches`.
        switches_mean: Option<f64>,
        /// Median over sessions of `switches`.
        switches_median: Option<f64>,
        /// Sessions that have a mean throughput.
        mean_throughput_n: u64,
        /// Mean over sessions of `mean_throughput_bps`.
        mean_throughput_mean_bps: Option<f64>,
        /// Median over sessions of `mean_throughput_bps`.
        mean_throughput_median_bps: Option<f64>,
        /// Mean over sessions of `bytes`.
        mean_bytes: Option<f64>,
        /// Median over sessions of `bytes`.
        median_bytes: Option<f64>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, Row, Session};

    /// What is summarised, in the order of the table.
    const METRICS: [&str; 9] = [
        "mean_bitrate_bps",
        "settled_bitrate_bps",
        "stall_ratio",
        "stalls",
        "stall_us",
        "startup_us",
        "switches",
        "mean_throughput_bps",
        "bytes",
    ];

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
            expected.push(with_statistic(column, "mean"));
            expected.push(with_statistic(column, "median"));
        }
        let names: Vec<&str> = Summary::TABLE.columns.iter().map(|c| c.name).collect();
        assert_eq!(names, expected);
    }
}
