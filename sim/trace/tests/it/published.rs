//! Published traces: all are read, and their statistics are those that are known.

use crate::common::reader;
use std::path::{Path, PathBuf};
use weir_trace::{Format, Stats, Trace, load};
use weir_units::Span;

/// The reference data: beside the project, or where `WEIR_REFERENCE_DATA` points.
fn reference(name: &str) -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("WEIR_REFERENCE_DATA").map_or(beside, PathBuf::from).join(name);
    let entries = std::fs::read_dir(&folder);
    let entries =
        entries.unwrap_or_else(|_| panic!("the reference data has no {}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn all(format: Format, name: &str) -> Vec<Trace> {
    let read =
        |path: &PathBuf| load(&reader(format), path).unwrap_or_else(|error| panic!("{error}"));
    reference(name).iter().map(read).collect()
}

/// The 10th, 50th and 90th percentile of what is measured of each trace: values that occur, the
/// upper of two.
fn percentiles(traces: &[Trace], measure: impl Fn(&Stats) -> f64) -> [f64; 3] {
    let mut values: Vec<f64> = traces.iter().map(|trace| measure(&Stats::of(trace))).collect();
    values.sort_by(f64::total_cmp);
    [1, 5, 9].map(|tenth| values[tenth * values.len() / 10])
}

fn mbps(stats: &Stats) -> f64 {
    stats.mean.as_bps_f64() / 1e6
}

#[test]
fn the_4g_logs_have_their_known_statistics() {
    let traces = all(Format::Sabre, "sabre/4Glogs");
    assert_eq!(traces.len(), 40);
    let means = percentiles(&traces, mbps);
    for (found, known) in means.into_iter().zip([20.9, 32.2, 40.5]) {
        assert!((found - known).abs() < 0.05, "means in Mbit/s: {means:?}");
    }
    let lengths = percentiles(&traces, |stats| stats.length.as_secs_f64());
    assert!((lengths[1] - 481.0).abs() < 0.5, "lengths in s: {lengths:?}");
    assert!(traces.iter().all(|trace| Stats::of(trace).latency == Some(Span::from_ms(20))));
}

#[test]
fn the_traces_derived_from_fcc_are_of_three_minutes() {
    for (name, median) in [("sabre/sd_fs", 6.1), ("sabre/hd_fs", 16.1)] {
        let traces = all(Format::Sabre, name);
        assert!(traces.iter().all(|trace| trace.length() == Span::from_s(180)), "{name}");
        // The median is known of a set ten times as large.
        let means = percentiles(&traces, mbps);
        assert!((means[1] / median - 1.0).abs() < 0.1, "{name}: {means:?}");
    }
}

#[test]
fn pensieves_norway_traces_are_read() {
    let traces = all(Format::Pensieve, "pensieve/traces");
    assert_eq!(traces.len(), 21);
    let bus = &traces[0];
    assert_eq!(bus.steps().len(), 265);
    assert_eq!(bus.steps()[0].span, Span::from_ns(549_999_952));
    assert_eq!(bus.steps()[0].rate.micro_bps(), 4_792_830_601_090);
    assert_eq!(bus.length(), Span::from_ns(154_759_999_990));
}
