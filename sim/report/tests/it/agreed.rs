//! What is expected of a run, and found.

use crate::sample::{Sample, small, spoil, write_run};
use crate::tables::change_session;
use std::path::Path;
use weir_records::{TrialResult, Verdict};
use weir_report::{Agreement, Expected, report};

/// A column of the table; its texts have commas.
fn column(dir: &Path, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(dir.join("agreement.csv")).unwrap();
    let place = reader.headers().unwrap().iter().position(|column| column == name).unwrap();
    reader.records().map(|record| record.unwrap()[place].to_owned()).collect()
}

/// Two rates, two algorithms, three repeats; Sabre's score is a number of cell and repeat.
fn trials() -> Vec<TrialResult> {
    let mut trials = small().trials();
    for trial in &mut trials {
        let score = trial.row.cell as f64 + trial.row.repeat as f64 / 10.0;
        change_session(trial, |session| {
            session.sabre_score = Some(score);
            session.replay_deviation_us = Some(score / 10.0);
        });
    }
    trials
}

fn expected(dir: &Path, text: &str) -> anyhow::Result<Expected> {
    let Sample { rates, algorithms, .. } = small();
    let algorithms = algorithms.into_iter().map(str::to_owned).collect();
    let path = dir.join("expected.csv");
    std::fs::write(&path, text).unwrap();
    Expected::read(
        &path,
        &[("links.access.rate".to_owned(), rates), ("players.abr".to_owned(), algorithms)],
    )
}

fn agreement(trials: &[TrialResult], text: &str) -> (tempfile::TempDir, Agreement) {
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path(), &small().info(), trials).unwrap();
    let found = expected(dir.path(), text).unwrap().agreement(dir.path()).unwrap();
    (dir, found)
}

#[test]
fn a_value_is_the_mean_over_all_trials_that_the_line_does_not_tell_apart() {
    // Cells: 1 Mbit/s with bola and bba0, then 2 Mbit/s with both; repeats add 0, 0.1 and 0.2.
    let (dir, found) = agreement(
        &trials(),
        "# Of the sample.\n\
         players.abr,links.access.rate,sabre_score,replay_deviation_us\n\
         bola,1000 kbit/s,0.1,<=0.02\n\
         bba0,2 Mbit/s,3.10,>=0.3\n",
    );
    assert!(found.holds(), "{found}");
    let (_, over_rates) = agreement(&trials(), "players.abr,sabre_score\nbola,1.1\nbba0,2.1\n");
    assert!(over_rates.holds(), "{over_rates}");
    let (_, over_all) = agreement(&trials(), "sabre_score,replay_deviation_us\n1.60,<=0.32\n");
    assert!(over_all.holds(), "{over_all}");
    let text = found.to_string();
    assert!(text.contains("players.abr = bola, links.access.rate = 1 Mbit/s\n"), "{text}");
    assert!(text.contains("4 of 4 values agree; the worst deviation is"), "{text}");
    assert_eq!(column(dir.path(), "line"), ["3", "3", "4", "4"]);
}

#[test]
fn a_value_that_is_off_a_bound_that_is_broken_and_a_session_without_it_do_not_agree() {
    let mut trials = trials();
    change_session(&mut trials[3], |session| session.sabre_score = None);
    let (dir, found) = agreement(
        &trials,
        "players.abr,links.access.rate,sabre_score,replay_deviation_us\n\
         bola,1 Mbit/s,0.12,<=0.01\n\
         bba0,1 Mbit/s,1.1,<=1\n\
         bba0,2 Mbit/s,3.2~0.05,\n",
    );
    assert!(!found.holds());
    let column = |name| column(dir.path(), name);
    assert_eq!(column("agrees"), ["false", "false", "false", "true", "true"]);
    assert_eq!(column("err")[2], "1 of 3 sessions lack it");
    assert_eq!(column("n"), ["3", "3", "2", "3", "3"]);
    let text = found.to_string();
    assert!(text.contains("no: 1 of 3 sessions lack it"), "{text}");
    assert!(text.contains("2 of 5 values agree; the worst deviation is 1.7e-1"), "{text}");
    report(dir.path()).unwrap();
    let page = std::fs::read_to_string(dir.path().join("report.html")).unwrap();
    assert!(page.contains("<p class=\"bad\">2 of 5 values agree"));
}

#[test]
fn a_mean_without_some_of_its_trials_is_not_what_was_published() {
    let mut trials = trials();
    spoil(&mut trials[1], Verdict::Failed, "no guest");
    let (dir, found) = agreement(&trials, "players.abr,sabre_score\nbola,1.2\nbba0,2.1\n");
    assert!(!found.holds());
    assert_eq!(column(dir.path(), "err")[0], "1 trials are invalid or failed");
    assert_eq!(column(dir.path(), "agrees"), ["false", "true"]);
}

#[test]
fn a_report_shows_what_was_found_and_a_run_without_expectations_shows_nothing() {
    let (dir, found) = agreement(&trials(), "sabre_score\n1.6\n");
    assert!(found.holds());
    report(dir.path()).unwrap();
    let page = std::fs::read_to_string(dir.path().join("report.html")).unwrap();
    assert!(page.contains("<h2>Agreement</h2><p>1 of 1 values agree"));
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path(), &small().info(), &trials()).unwrap();
    report(dir.path()).unwrap();
    let page = std::fs::read_to_string(dir.path().join("report.html")).unwrap();
    assert!(!page.contains("Agreement"));
}

#[test]
fn values_of_another_run_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let sample = Sample { rates: vec!["1 Mbit/s".into()], ..small() };
    write_run(dir.path(), &sample.info(), &sample.trials()).unwrap();
    let expected = expected(dir.path(), "links.access.rate,qoe\n2 Mbit/s,1\n").unwrap();
    let refusal = format!("{:#}", expected.agreement(dir.path()).unwrap_err());
    assert!(refusal.contains("expected.csv:2: the run in"), "{refusal}");
    assert!(refusal.ends_with("has not this: links.access.rate = 2 Mbit/s"), "{refusal}");
}
