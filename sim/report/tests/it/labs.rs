//! The same sessions in two labs: which requests are compared, and with what.

use crate::sample::{Sample, spoil, write_run};
use crate::tables::{column, csv};
use std::path::Path;
use weir_records::{Link, Record, Segment, TrialResult, Verdict};
use weir_report::report;
use weir_tables::RunInfo;

/// Two rates in the labs `model` and `uml`. The model needs `us` less for each request.
fn run(us: u64) -> (RunInfo, Vec<TrialResult>) {
    let sample = Sample {
        rates: vec!["2 Mbit/s".into(), "5 Mbit/s".into()],
        algorithms: vec!["bola"],
        repeats: 2,
        watch_s: 60,
        ..Sample::default()
    };
    let mut info = sample.info();
    info.axes.insert(0, "lab".into());
    info.lab = "model and uml".into();
    let mut trials = Vec::new();
    for (number, lab) in (0u64..).zip(["model", "uml"]) {
        for mut trial in sample.trials() {
            trial.row.cell += 2 * number;
            trial.row.lab = lab.into();
            trial.id = format!("c{:04}-r{}", trial.row.cell, trial.row.repeat);
            trial.params.insert(0, lab.into());
            let mut back = Vec::new();
            for record in &mut trial.records {
                match record {
                    Record::Segment(segment) if lab == "model" => segment.download_us -= us,
                    Record::Node(node) => node.node = "origin".into(),
                    // What is lost at random would not be steady.
                    Record::Link(link) => {
                        link.losses = Some(0);
                        let (from, to) = (link.to.clone(), link.from.clone());
                        back.push(Record::Link(Link { from, to, bytes: 0, ..link.clone() }));
                    }
                    _ => {}
                }
            }
            trial.records.extend(back);
            trials.push(trial);
        }
    }
    (info, trials)
}

fn written(info: &RunInfo, trials: &[TrialResult]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path(), info, trials).unwrap();
    dir
}

fn segments(trials: &[TrialResult]) -> usize {
    let records = trials.iter().flat_map(|trial| &trial.records);
    records.filter(|record| matches!(record, Record::Segment(_))).count()
}

fn differences(dir: &Path, name: &str) -> Vec<String> {
    column(dir, "differences", name)
}

#[test]
fn requests_are_paired_by_repeat_session_and_number() {
    let (info, trials) = run(7_000);
    let dir = written(&info, &trials);
    assert_eq!(differences(dir.path(), "trial").len(), segments(&trials) / 2);
    assert!(differences(dir.path(), "difference_us").iter().all(|us| us == "7000.0"));
    assert!(differences(dir.path(), "lab").iter().all(|lab| lab == "uml"));
    assert!(differences(dir.path(), "reference_lab").iter().all(|lab| lab == "model"));
    for (trial, other) in
        differences(dir.path(), "trial").iter().zip(differences(dir.path(), "reference_trial"))
    {
        assert_eq!(trial.split_once('-').unwrap().1, other.split_once('-').unwrap().1);
    }
    assert_eq!(csv(dir.path(), "differences").0[..3], ["run", "lab", "links.access.rate_bps"]);
}

#[test]
fn what_cannot_be_compared_says_why_and_has_no_difference() {
    let (info, mut trials) = run(0);
    let changes: [fn(&mut Segment); 3] = [
        |segment| segment.rung += 1,
        |segment| segment.segment += 1,
        |segment| segment.err = Some("status 503".into()),
    ];
    let mut segments = trials[0].records.iter_mut().filter_map(|record| match record {
        Record::Segment(segment) => Some(segment),
        _ => None,
    });
    for change in changes {
        change(segments.next().unwrap());
    }
    let dir = written(&info, &trials);
    let errs = differences(dir.path(), "err");
    assert_eq!(errs[0], "another rung");
    assert!(errs[1].starts_with("another segment: "), "{}", errs[1]);
    assert_eq!(errs[2], "it failed: status 503");
    assert!(errs[3..].iter().all(String::is_empty));
    let found = differences(dir.path(), "difference_us");
    assert!(found[..3].iter().all(String::is_empty) && found[3..].iter().all(|us| us == "0.0"));
    // The kernel's request is what it is, whatever the model does.
    assert!(differences(dir.path(), "deviation").iter().all(|deviation| !deviation.is_empty()));
    assert!(differences(dir.path(), "reference_deviation")[..3].iter().all(String::is_empty));
}

#[test]
fn a_download_is_predicted_where_the_path_is_steady_and_unshared() {
    let is_predicted = |trials: &[TrialResult], info: &RunInfo| {
        let dir = written(info, trials);
        let predicted = differences(dir.path(), "predicted_us");
        assert!(!predicted.is_empty());
        predicted.iter().all(|us| !us.is_empty())
    };
    let (info, trials) = run(0);
    assert!(is_predicted(&trials, &info));
    let changes: [fn(&mut Record); 3] = [
        |record| {
            if let Record::Link(link) = record {
                link.jitter_us = 5_000;
            }
        },
        |record| {
            if let Record::Node(node) = record {
                node.congestion_control = "bbr".into();
            }
        },
        |record| {
            if let Record::Link(Link { rate_bps: Some(rate), start_us: 3_000_000, .. }) = record {
                *rate += 1;
            }
        },
    ];
    for change in changes {
        let (info, mut trials) = run(0);
        trials.iter_mut().flat_map(|trial| &mut trial.records).for_each(change);
        assert!(!is_predicted(&trials, &info));
    }
}

#[test]
fn invalid_trials_have_no_partner() {
    let (info, mut trials) = run(0);
    spoil(&mut trials[0], Verdict::Invalid, "late timers");
    spoil(&mut trials[7], Verdict::Failed, "no guest");
    let dir = written(&info, &trials);
    let mut pairs = differences(dir.path(), "trial");
    pairs.dedup();
    assert_eq!(pairs, ["c0002-r1", "c0003-r0"]);
}

#[test]
fn the_page_the_plots_and_the_line_say_how_labs_differ() {
    let (info, trials) = run(7_000);
    let dir = written(&info, &trials);
    let printed = report(dir.path()).unwrap().to_string();
    let line = printed.lines().last().unwrap();
    let n = segments(&trials) / 2;
    let begin = format!("uml against model: {n} downloads, median difference +7.0 ms");
    assert!(line.starts_with(&begin) && line.contains("from what is predicted"), "{line}");
    let page = std::fs::read_to_string(dir.path().join("report.html")).unwrap();
    for part in ["Between labs", "slow start", "uml, compared with model", "startup"] {
        assert!(page.contains(part), "{part}");
    }
    for stem in ["uml-against-model", "uml-against-model-by-size"] {
        assert!(dir.path().join(format!("plots/{stem}.svg")).is_file(), "{stem}");
    }
}

#[test]
fn a_run_in_one_lab_has_no_differences() {
    let sample = crate::sample::small();
    let dir = written(&sample.info(), &sample.trials());
    assert!(!dir.path().join("differences.parquet").exists());
    let printed = report(dir.path()).unwrap().to_string();
    assert!(!printed.contains("against"), "{printed}");
}
