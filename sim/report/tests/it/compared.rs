//! Intervals, paired comparisons and fairness: what the tables say of replicates.

use crate::sample::{Sample, small, spoil, write_run};
use crate::shapes;
use crate::tables::{change_session, column, csv, session};
use std::path::Path;
use weir_records::{Record, Session, TrialResult, Verdict};
use weir_tables::RunInfo;

fn written(info: &RunInfo, trials: &[TrialResult]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path(), info, trials).unwrap();
    dir
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

/// The rows of `comparisons` for this metric: cell, reference, n, and the four numbers.
fn compared(dir: &Path, metric: &str) -> Vec<(String, String, u64, [String; 4])> {
    let (names, rows) = csv(dir, "comparisons");
    let get =
        |row: &[String], name: &str| row[names.iter().position(|n| n == name).unwrap()].clone();
    let of_metric = rows.iter().filter(|row| get(row, "metric") == metric);
    of_metric
        .map(|row| {
            let numbers =
                ["difference_mean", "difference_low", "difference_high", "reference_mean"];
            let n = get(row, "n").parse().unwrap();
            (get(row, "cell"), get(row, "reference_cell"), n, numbers.map(|name| get(row, name)))
        })
        .collect()
}

#[test]
fn ten_replicates_have_an_interval_around_their_mean_and_nine_have_none() {
    for (repeats, has) in [(9, false), (10, true)] {
        let sample = Sample { repeats, watch_s: 120, ..small() };
        let dir = written(&sample.info(), &sample.trials());
        let summary = |name: &str| column(dir.path(), "summary", name);
        for (metric, unit) in [
            ("mean_bitrate", "_bps"),
            ("settled_bitrate", "_bps"),
            ("stall_ratio", ""),
            ("stalls", ""),
            ("stall", "_us"),
            ("startup", "_us"),
            ("switches", ""),
            ("mean_throughput", "_bps"),
        ] {
            let of = |statistic: &str| summary(&format!("{metric}_{statistic}{unit}"));
            let rows = of("mean_low").into_iter().zip(of("mean")).zip(of("mean_high"));
            for ((low, mean), high) in rows {
                assert_eq!((low.is_empty(), high.is_empty()), (!has, !has), "{metric}");
                if has {
                    let [low, mean, high] = [low, mean, high].map(|text| number(&text));
                    assert!(0.0 <= low && low <= mean && mean <= high, "{metric}: {low} {high}");
                }
            }
        }
    }
}

#[test]
fn an_invalid_replicate_is_no_replicate() {
    let sample = Sample { repeats: 10, ..small() };
    let mut trials = sample.trials();
    spoil(&mut trials[4], Verdict::Invalid, "late timers");
    let dir = written(&sample.info(), &trials);
    let lows = column(dir.path(), "summary", "mean_bitrate_mean_low_bps");
    assert!(lows[0].is_empty() && lows[1..].iter().all(|low| !low.is_empty()), "{lows:?}");
}

/// Ten repeats of two algorithms at one rate; the second has a bit rate that is higher by what
/// `more` says of the repeat.
fn paired(more: fn(u64) -> f64) -> (RunInfo, Vec<TrialResult>) {
    let sample = Sample { repeats: 10, rates: vec!["2 Mbit/s".into()], ..small() };
    let mut trials = sample.trials();
    for trial in &mut trials {
        let (cell, repeat) = (trial.row.cell, trial.row.repeat);
        // Repeats differ by far more than algorithms do.
        let shared = 1e6 * (1 + repeat * repeat % 7) as f64;
        let bps = shared + if cell == 1 { more(repeat) } else { 0.0 };
        change_session(trial, |session| session.mean_bitrate_bps = Some(bps));
    }
    (sample.info(), trials)
}

#[test]
fn repeats_are_compared_in_pairs_so_that_what_they_share_cancels() {
    let (info, trials) = paired(|_| 50_000.0);
    let dir = written(&info, &trials);
    let [(cell, reference, n, numbers)] = &compared(dir.path(), "mean_bitrate_bps")[..] else {
        panic!("one comparison");
    };
    assert_eq!((cell.as_str(), reference.as_str(), *n), ("1", "0", 10));
    let [mean, low, high, reference] = numbers.each_ref().map(|text| number(text));
    for value in [mean, low, high] {
        assert!((value - 50_000.0).abs() < 1e-3, "{numbers:?}");
    }
    let shared: u64 = (0..10).map(|repeat| 1 + repeat * repeat % 7).sum();
    assert!((reference - 1e5 * shared as f64).abs() < 1e-3);
    let axis = column(dir.path(), "comparisons", "axis");
    assert!(axis.iter().all(|axis| axis == "players.abr"));
    assert_eq!(column(dir.path(), "comparisons", "links.access.rate_bps")[0], "2000000");
    assert_eq!(column(dir.path(), "comparisons", "value")[0], "bba0");
    assert_eq!(column(dir.path(), "comparisons", "reference")[0], "bola");
}

#[test]
fn a_pair_needs_both_of_its_trials_and_an_interval_needs_ten_pairs() {
    let (info, mut trials) = paired(|repeat| if repeat == 3 { 1e9 } else { 7.0 });
    spoil(&mut trials[3], Verdict::Failed, "no guest");
    let dir = written(&info, &trials);
    let (_, _, n, [mean, low, high, _]) = &compared(dir.path(), "mean_bitrate_bps")[0];
    assert_eq!(*n, 9);
    assert!((number(mean) - 7.0).abs() < 1e-6, "repeat 3 has no partner: {mean}");
    assert_eq!((low.as_str(), high.as_str()), ("", ""));
}

#[test]
fn every_other_place_is_compared_with_the_first_all_else_being_equal() {
    let (info, trials) = shapes::competition(2);
    let dir = written(&info, &trials);
    let pairs: Vec<(String, String)> = compared(dir.path(), "jain_bitrate")
        .into_iter()
        .map(|(cell, reference, ..)| (cell, reference))
        .collect();
    let expected: Vec<(String, String)> = [0, 3, 6, 9]
        .into_iter()
        .flat_map(|first: u64| [1, 2].map(|i| ((first + i).to_string(), first.to_string())))
        .collect();
    assert_eq!(pairs, expected);
    let axis = column(dir.path(), "comparisons", "axis");
    assert!(axis.iter().all(|axis| axis == "players.0.abr + players.1.abr"), "{axis:?}");
    assert_eq!(column(dir.path(), "comparisons", "value")[0], "bola + throughput");
}

#[test]
fn fairness_is_that_of_the_sessions_of_a_trial() {
    let (info, mut trials) = shapes::competition(1);
    // The first cell has two viewers: one of them gets twice as much, and never plays elsewhere.
    for record in &mut trials[0].records {
        if let Record::Session(session) = record {
            session.mean_bitrate_bps = Some(1e6 * (session.session + 1) as f64);
            (session.bytes, session.session_us) = (1_000 * (session.session + 1), 1_000_000);
        }
    }
    for record in &mut trials[1].records {
        if let Record::Session(Session { session: 1, mean_bitrate_bps, .. }) = record {
            *mean_bitrate_bps = None;
        }
    }
    let dir = written(&info, &trials);
    let summary = |name: &str| column(dir.path(), "summary", name);
    assert!((number(&summary("jain_bitrate_mean")[0]) - 0.9).abs() < 1e-12);
    assert!((number(&summary("jain_throughput_mean")[0]) - 0.9).abs() < 1e-12);
    assert_eq!(number(&summary("jain_bitrate_mean")[1]), 0.5, "nothing is a share too");
    assert_eq!(summary("jain_bitrate_n")[0], "1");
    assert_eq!(summary("jain_bitrate_mean_low")[0], "");
}

#[test]
fn a_single_viewer_has_no_fairness() {
    let sample = small();
    let dir = written(&sample.info(), &sample.trials());
    assert!(column(dir.path(), "summary", "jain_bitrate_n").iter().all(|n| n == "0"));
    assert!(column(dir.path(), "summary", "jain_bitrate_mean").iter().all(|mean| mean.is_empty()));
    assert!(compared(dir.path(), "jain_bitrate").is_empty());
    assert!(!compared(dir.path(), "startup_us").is_empty());
}

#[test]
fn the_mean_of_a_summary_is_that_over_sessions_whatever_their_trials() {
    let (info, mut trials) = shapes::competition(2);
    trials.truncate(2);
    // One trial keeps one session, the other has two.
    trials[1].records.retain(|r| !matches!(r, Record::Session(Session { session: 1, .. })));
    let rates: Vec<f64> = trials
        .iter()
        .flat_map(|trial| &trial.records)
        .filter_map(|r| if let Record::Session(s) = r { s.mean_bitrate_bps } else { None })
        .collect();
    assert_eq!(rates.len(), 3);
    let dir = written(&info, &trials);
    let mean = number(&column(dir.path(), "summary", "mean_bitrate_mean_bps")[0]);
    assert!((mean - rates.iter().sum::<f64>() / 3.0).abs() < 1e-6);
    assert!(session(&trials[0]).bytes > 0);
}
