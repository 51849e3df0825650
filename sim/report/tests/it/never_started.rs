//! Sessions that never had a picture are told, and do not look as if all had been well.

use crate::sample::{Sample, small, write_run};
use std::fs;
use std::path::Path;
use weir_records::{Record, TrialResult};
use weir_report::{Report, report};

/// What the lab leaves of a session that never had a picture.
fn never_started(trial: &mut TrialResult) {
    trial.records.retain(|record| !matches!(record, Record::Stall(_)));
    for record in &mut trial.records {
        if let Record::Session(row) = record {
            (row.startup_us, row.stall_ratio, row.played_us) = (None, None, 0);
            (row.mean_bitrate_bps, row.settled_bitrate_bps) = (None, None);
            (row.stalls, row.stall_us, row.switches) = (0, 0, 0);
        }
    }
}

fn stalls(trial: &mut TrialResult, stalls: u64) {
    for record in &mut trial.records {
        if let Record::Session(row) = record {
            row.stalls = stalls;
        }
    }
}

fn reported(dir: &Path, sample: &Sample, trials: &[TrialResult]) -> Report {
    write_run(dir, &sample.info(), trials).unwrap();
    report(dir).unwrap()
}

/// A column of the table `summary`, as text.
fn column(dir: &Path, name: &str) -> Vec<String> {
    let text = fs::read_to_string(dir.join("summary.csv")).unwrap();
    let mut lines = text.lines();
    let at = lines.next().unwrap().split(',').position(|title| title == name).unwrap();
    lines.map(|line| line.split(',').nth(at).unwrap().to_owned()).collect()
}

#[test]
fn a_session_that_never_started_counts_in_no_mean_of_stalls() {
    // The example of METRICS.md.
    let sample = Sample { rates: vec!["1 Mbit/s".into()], algorithms: vec!["bola"], ..small() };
    let mut trials = sample.trials();
    stalls(&mut trials[0], 2);
    stalls(&mut trials[1], 4);
    never_started(&mut trials[2]);
    let dir = tempfile::tempdir().unwrap();
    let report = reported(dir.path(), &sample, &trials);
    for (name, value) in [("n", "3"), ("startup_n", "2"), ("stalls_mean", "3.0")] {
        assert_eq!(column(dir.path(), name), [value], "{name}");
    }
    let text = report.to_string();
    assert!(text.contains("never started"), "{text}");
    assert_eq!(report.unseen, None, "two of them saw something");
}

#[test]
fn where_nobody_ever_saw_a_picture_stall_figures_are_missing_and_a_warning_names_the_cell() {
    let sample = small();
    let mut trials = sample.trials();
    trials[..3].iter_mut().for_each(never_started);
    let dir = tempfile::tempdir().unwrap();
    let report = reported(dir.path(), &sample, &trials);
    for name in [
        "stall_ratio_mean",
        "stalls_mean",
        "stall_mean_us",
        "switches_mean",
        "startup_mean_us",
        "mean_bitrate_mean_bps",
    ] {
        let found = column(dir.path(), name);
        let there: Vec<_> = found.iter().map(|value| !value.is_empty()).collect();
        assert_eq!(there, [false, true, true, true], "{name}: {found:?}");
    }
    let text = report.to_string();
    let warning =
        "warning: nobody ever saw a picture in: links.access.rate = 1 Mbit/s, players.abr = bola\n";
    assert!(text.contains(warning), "{text}");
    let row = text.lines().find(|line| line.contains("1 Mbit/s  bola"));
    let words: Vec<_> = row.unwrap().split_whitespace().skip(3).collect();
    // Trials, sessions, those that never started; bitrate, settled, stalled, stalls, startup,
    // switches.
    assert_eq!(words, ["3", "3", "3", "-", "-", "-", "-", "-", "-"], "{text}");
    let page = fs::read_to_string(dir.path().join("report.html")).unwrap();
    assert!(page.contains("never started") && page.contains("Warning: nobody ever saw"));
}

#[test]
fn a_run_in_which_nobody_saw_anything_is_drawn_and_names_a_few_cells_only() {
    let sample = Sample {
        rates: (1..=3).map(|rate| format!("{rate} Mbit/s")).collect(),
        watch_s: 20,
        ..Sample::default()
    };
    let mut trials = sample.trials();
    trials.iter_mut().for_each(never_started);
    let dir = tempfile::tempdir().unwrap();
    let report = reported(dir.path(), &sample, &trials);
    let line = report.unseen.unwrap();
    assert!(line.ends_with("; and in 6 more") && line.matches(" = ").count() == 6, "{line}");
    assert!(dir.path().join("plots/stall-ratio.svg").is_file());
}

#[test]
fn where_everybody_started_nothing_is_said_of_it() {
    let sample = small();
    let dir = tempfile::tempdir().unwrap();
    let text = reported(dir.path(), &sample, &sample.trials()).to_string();
    let page = fs::read_to_string(dir.path().join("report.html")).unwrap();
    assert!(
        !text.contains("never") && !text.contains("warning") && !page.contains("never started")
    );
}
