//! What is expected of a bandwidth sweep, and that each broken expectation is found.

use crate::sample::{LOWEST_PEAK, Sample, spoil, write_run};
use weir_records::{Record, Session, TrialResult, Verdict};
use weir_report::{Problem, Violation, bandwidth_check};
use weir_tables::RunInfo;

/// A sweep in which all is as expected: nobody stalls, and the settled bit rate follows the rate.
fn sweep() -> (RunInfo, Vec<TrialResult>) {
    let sample = Sample {
        rates: [0.5, 1.0, 2.0, 4.0].map(|mbit| format!("{} kbit/s", mbit * 1e3)).into(),
        algorithms: vec!["bola", "bba0"],
        watch_s: 60,
        ..Sample::default()
    };
    let mut trials = sample.trials();
    for trial in &mut trials {
        let cell = trial.row.cell;
        change(trial, |session| {
            session.stalls = 0;
            session.settled_bitrate_bps = Some(300_000.0 * (cell / 2 + 1) as f64);
        });
    }
    (sample.info(), trials)
}

fn change(trial: &mut TrialResult, change: impl Fn(&mut Session)) {
    for record in &mut trial.records {
        if let Record::Session(session) = record {
            change(session);
        }
    }
}

fn check(info: &RunInfo, trials: &[TrialResult]) -> Vec<Violation> {
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path(), info, trials).unwrap();
    bandwidth_check(dir.path()).unwrap()
}

#[test]
fn a_sweep_as_it_should_be_has_no_violation() {
    let (info, trials) = sweep();
    assert_eq!(check(&info, &trials), []);
}

#[test]
fn a_fall_of_five_percent_passes_and_a_larger_one_does_not() {
    let (info, mut trials) = sweep();
    // The 2 Mbit/s of bola, after 600 kbit/s at 1 Mbit/s.
    let at_2_mbit = |trials: &mut Vec<TrialResult>, bps: f64| {
        for trial in trials.iter_mut().filter(|trial| trial.row.cell == 4) {
            change(trial, |session| session.settled_bitrate_bps = Some(bps));
        }
    };
    at_2_mbit(&mut trials, 571_000.0);
    assert_eq!(check(&info, &trials), []);
    at_2_mbit(&mut trials, 540_000.0);
    let found = check(&info, &trials);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].to_string(),
        "bola at 2 Mbit/s: the mean settled bitrate falls by 10.0 %, from 0.600 to 0.540 Mbit/s \
         (at most 5 % is expected)"
    );
}

#[test]
fn a_stall_is_a_violation_only_where_the_rate_is_ample() {
    let (info, mut trials) = sweep();
    // 500 kbit/s is less than twice the peak of the lowest rung, 1 Mbit/s is more.
    change(&mut trials[3], |session| session.stalls = 5);
    assert_eq!(check(&info, &trials), []);
    change(&mut trials[9], |session| session.stalls = 2);
    let [found] = &check(&info, &trials)[..] else { panic!("one violation") };
    assert_eq!((found.series.as_str(), found.rate.as_str()), ("bba0", "1 Mbit/s"));
    let problem = Problem::Stalls { stalls: 2, sessions: 3, lowest_peak_bps: LOWEST_PEAK };
    assert_eq!(found.problem, problem);
}

#[test]
fn missing_figures_are_violations_and_never_pass_for_success() {
    let (info, mut trials) = sweep();
    for trial in trials.iter_mut().filter(|trial| trial.row.cell == 0) {
        spoil(trial, Verdict::Failed, "no guest");
    }
    for trial in trials.iter_mut().filter(|trial| trial.row.cell == 1) {
        trial.records.retain(|record| !matches!(record, Record::Rung(_)));
    }
    let found: Vec<String> = check(&info, &trials).iter().map(Violation::to_string).collect();
    assert_eq!(
        found,
        [
            "bola at 500 kbit/s: no valid session has a settled bitrate",
            "bba0 at 500 kbit/s: the table rungs has no lowest rung",
        ]
    );
}

#[test]
fn a_run_that_is_no_bandwidth_sweep_cannot_be_checked() {
    let (info, trials) = sweep();
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path(), &info, &trials[..6]).unwrap();
    let error = bandwidth_check(dir.path()).unwrap_err().to_string();
    assert!(error.contains("one axis of bit rates with two values or more"), "{error}");
}
