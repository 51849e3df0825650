//! The tables: what goes in comes out, in a fixed order and in fixed bytes, and what would lie is
//! refused.

use crate::sample::{Sample, files, small, spoil, write_run};
use proptest::prelude::*;
use std::path::Path;
use weir_records::{Record, Session, TrialResult, Verdict, tables};
use weir_report::report;
use weir_tables::{RunInfo, first_difference};

/// The rows of a CSV file by column name; the sample has no field that needs quotes.
pub fn csv(dir: &Path, table: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let text = std::fs::read_to_string(dir.join(format!("{table}.csv"))).unwrap();
    let mut rows = text.lines().map(|line| line.split(',').map(str::to_owned).collect());
    (rows.next().unwrap(), rows.collect())
}

pub fn column(dir: &Path, table: &str, name: &str) -> Vec<String> {
    let (names, rows) = csv(dir, table);
    let place = names.iter().position(|n| n == name).unwrap_or_else(|| panic!("{name}: {names:?}"));
    rows.into_iter().map(|row| row[place].clone()).collect()
}

fn refusal(info: &RunInfo, trials: &[TrialResult]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let refusal = format!("{:#}", write_run(dir.path(), info, trials).unwrap_err());
    assert!(!dir.path().join("run.toml").exists(), "half a run looks like a whole one");
    refusal
}

#[test]
fn every_table_has_the_columns_of_the_schema_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let sample = small();
    write_run(dir.path(), &sample.info(), &sample.trials()).unwrap();
    for table in tables::ALL {
        let mut expected = vec!["run", "trial"];
        if ["trials", "sessions"].contains(&table.name) {
            expected.extend(["links.access.rate_bps", "players.abr"]);
        }
        expected.extend(table.columns.iter().map(|column| column.name));
        assert_eq!(csv(dir.path(), table.name).0, expected);
    }
    let (summary, rows) = csv(dir.path(), "summary");
    assert_eq!(summary[..4], ["run", "links.access.rate_bps", "players.abr", "cell"]);
    assert_eq!(rows.len(), 4);
    assert_eq!(column(dir.path(), "summary", "links.access.rate_bps")[3], "2000000");
}

#[test]
fn tables_read_back_are_the_rows_written() {
    let dir = tempfile::tempdir().unwrap();
    let sample = small();
    let trials = sample.trials();
    write_run(dir.path(), &sample.info(), &trials).unwrap();
    for trial in &trials {
        assert_eq!(first_difference(dir.path(), trial).unwrap(), None);
    }
    let mut other = trials[3].clone();
    change_session(&mut other, |session| session.switches += 1);
    let found = first_difference(dir.path(), &other).unwrap().unwrap();
    assert_eq!((found.table, found.row, found.column), ("sessions", 0, Some("switches")));
    other = trials[3].clone();
    other.records.pop();
    let found = first_difference(dir.path(), &other).unwrap().unwrap();
    assert_eq!((found.table, found.column), ("links", None));
    other.row.cell = 99;
    other.id = "c0099-r0".into();
    let refusal = first_difference(dir.path(), &other).unwrap_err().to_string();
    assert_eq!(refusal, "the run has no trial c0099-r0");
}

#[test]
fn every_record_is_one_row() {
    let dir = tempfile::tempdir().unwrap();
    let sample = small();
    let trials = sample.trials();
    write_run(dir.path(), &sample.info(), &trials).unwrap();
    let rows: usize = tables::ALL.iter().map(|table| csv(dir.path(), table.name).1.len()).sum();
    let records: usize = trials.iter().map(|trial| trial.records.len()).sum();
    assert_eq!(rows, records + trials.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn the_order_in_which_records_arise_changes_no_byte(
        seed in prop::array::uniform12(any::<u32>())
    ) {
        let sample = small();
        let trials = sample.trials();
        let mut shuffled = trials.clone();
        for (trial, seed) in shuffled.iter_mut().zip(seed) {
            // Records have natural keys; only `events` keep ties in their order.
            let count = trial.records.len();
            trial.records.rotate_left(seed as usize % count);
            trial.records.reverse();
        }
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write_run(one.path(), &sample.info(), &trials).unwrap();
        write_run(other.path(), &sample.info(), &shuffled).unwrap();
        prop_assert!(files(one.path()) == files(other.path()));
    }

    #[test]
    fn trials_that_are_not_in_the_order_of_the_plan_are_refused(
        order in Just((0..12).collect::<Vec<usize>>()).prop_shuffle()
    ) {
        prop_assume!(!order.is_sorted());
        let sample = small();
        let trials = sample.trials();
        let shuffled: Vec<TrialResult> = order.iter().map(|&i| trials[i].clone()).collect();
        let text = refusal(&sample.info(), &shuffled);
        prop_assert!(text.ends_with("but is before it in the plan"), "{}", text);
    }
}

#[test]
fn rows_stand_in_the_order_of_cell_and_repeat_not_of_names() {
    let dir = tempfile::tempdir().unwrap();
    let sample = Sample { repeats: 12, rates: vec!["2 Mbit/s".into()], ..small() };
    write_run(dir.path(), &sample.info(), &sample.trials()).unwrap();
    let ids = column(dir.path(), "sessions", "trial");
    let expected: Vec<String> =
        (0..2).flat_map(|cell| (0..12).map(move |r| format!("c{cell:04}-r{r}"))).collect();
    assert_eq!(ids, expected);
}

#[test]
fn missing_values_are_empty_and_floats_that_are_not_finite_are_missing() {
    let dir = tempfile::tempdir().unwrap();
    let sample = small();
    let mut trials = sample.trials();
    for (trial, ratio) in trials.iter_mut().zip([f64::NAN, f64::INFINITY]) {
        change_session(trial, |session| {
            session.startup_us = None;
            session.stall_ratio = Some(ratio);
        });
    }
    write_run(dir.path(), &sample.info(), &trials).unwrap();
    assert_eq!(column(dir.path(), "sessions", "startup_us")[..2], ["", ""]);
    assert_eq!(column(dir.path(), "sessions", "stall_ratio")[..2], ["", ""]);
    // Two of the three sessions of cell 0 have no value; they are left out, not counted as zero.
    let third = column(dir.path(), "sessions", "startup_us")[2].parse::<f64>().unwrap();
    assert_eq!(column(dir.path(), "summary", "startup_n")[0], "1");
    let mean = column(dir.path(), "summary", "startup_mean_us")[0].parse::<f64>().unwrap();
    assert_eq!(mean, third);
    assert_eq!(column(dir.path(), "summary", "n")[0], "3");
}

#[test]
fn only_valid_trials_count_in_the_summary() {
    let dir = tempfile::tempdir().unwrap();
    let sample = small();
    let mut trials = sample.trials();
    spoil(&mut trials[0], Verdict::Invalid, "late timers");
    spoil(&mut trials[1], Verdict::Failed, "no guest");
    for trial in &mut trials[3..6] {
        spoil(trial, Verdict::Failed, "no guest");
    }
    write_run(dir.path(), &sample.info(), &trials).unwrap();
    let summary = |name| column(dir.path(), "summary", name);
    assert_eq!(summary("n"), ["1", "0", "3", "3"]);
    assert_eq!(summary("trials_valid"), ["1", "0", "3", "3"]);
    assert_eq!(summary("trials_invalid"), ["1", "0", "0", "0"]);
    assert_eq!(summary("trials_failed"), ["1", "3", "0", "0"]);
    let of_the_valid_one = session(&trials[2]).mean_bitrate_bps.unwrap();
    assert_eq!(summary("mean_bitrate_mean_bps")[0].parse::<f64>().unwrap(), of_the_valid_one);
    assert_eq!(summary("mean_bitrate_mean_bps")[1], "", "no valid trial, no mean");
    assert_eq!(column(dir.path(), "trials", "verdict").len(), trials.len(), "no row is lost");
}

#[test]
fn the_summary_is_what_the_sessions_come_to() {
    let dir = tempfile::tempdir().unwrap();
    let sample = small();
    let trials = sample.trials();
    write_run(dir.path(), &sample.info(), &trials).unwrap();
    let bytes: Vec<u64> = trials.iter().map(|trial| session(trial).bytes).collect();
    for (cell, of_cell) in bytes.chunks(3).enumerate() {
        let mut sorted = of_cell.to_vec();
        sorted.sort_unstable();
        let summary = |name| column(dir.path(), "summary", name)[cell].parse::<f64>().unwrap();
        let mean = of_cell.iter().sum::<u64>() as f64 / 3.0;
        assert!((summary("mean_bytes") - mean).abs() < 1e-6 * mean);
        assert_eq!(summary("median_bytes"), sorted[1] as f64);
    }
}

#[test]
fn an_axis_without_numbers_stays_text() {
    let dir = tempfile::tempdir().unwrap();
    let sample = small();
    let mut trials = sample.trials();
    for trial in &mut trials[6..] {
        trial.params[0] = "unlimited".into();
    }
    write_run(dir.path(), &sample.info(), &trials).unwrap();
    let values = column(dir.path(), "trials", "links.access.rate");
    assert_eq!((values[0].as_str(), values[11].as_str()), ("1 Mbit/s", "unlimited"));
}

/// The sample with its algorithms taken for labs.
fn in_two_labs() -> (RunInfo, Vec<TrialResult>) {
    let sample = small();
    let info = RunInfo { axes: vec!["links.access.rate".into(), "lab".into()], ..sample.info() };
    let mut trials = sample.trials();
    for trial in &mut trials {
        let lab = if trial.params[1] == "bola" { "model" } else { "uml" };
        trial.params[1] = lab.into();
        trial.row.lab = lab.into();
    }
    (info, trials)
}

#[test]
fn the_lab_as_an_axis_is_the_column_that_trials_have_and_one_of_its_own_elsewhere() {
    let (info, trials) = in_two_labs();
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path(), &info, &trials).unwrap();
    let labs = |table| -> Vec<String> {
        assert_eq!(csv(dir.path(), table).0.iter().filter(|name| *name == "lab").count(), 1);
        column(dir.path(), table, "lab")
    };
    let expected: Vec<String> = trials.iter().map(|trial| trial.row.lab.clone()).collect();
    assert_eq!(labs("trials"), expected);
    assert_eq!(labs("sessions"), expected);
    assert_eq!(labs("summary"), ["model", "uml", "model", "uml"]);
    assert!(labs("comparisons").iter().all(|lab| lab == "uml"));
    assert!(column(dir.path(), "comparisons", "axis").iter().all(|axis| axis == "lab"));
    report(dir.path()).unwrap();
}

#[test]
fn a_trial_that_ran_in_another_lab_than_its_axis_says_is_refused() {
    let (info, mut trials) = in_two_labs();
    trials[0].row.lab = "uml".into();
    let text = refusal(&info, &trials);
    assert_eq!(text, "trial c0000-r0 is of the lab \"model\", and ran in \"uml\"");
}

#[test]
fn a_value_that_is_none_of_its_axis_is_refused() {
    let sample = small();
    let values = [vec!["1 Mbit/s".to_owned()], vec!["bola".to_owned(), "bba0".to_owned()]];
    let trials = sample.trials().into_iter().map(Ok);
    let dir = tempfile::tempdir().unwrap();
    let error = weir_stats::write_run(dir.path(), &sample.info(), &values, trials).unwrap_err();
    let text = error.to_string();
    assert_eq!(text, "trial c0002-r0: \"2 Mbit/s\" is no value of the axis `links.access.rate`");
    let few = weir_stats::write_run(dir.path(), &sample.info(), &values[..1], []).unwrap_err();
    assert_eq!(few.to_string(), "there are 1 lists of values for 2 axes");
}

#[test]
fn a_result_that_could_not_be_read_ends_the_writing() {
    let dir = tempfile::tempdir().unwrap();
    let values = [vec!["1 Mbit/s".to_owned()], vec!["bola".to_owned()]];
    let results = [Err(anyhow::anyhow!("its file is damaged"))];
    let error = weir_stats::write_run(dir.path(), &small().info(), &values, results).unwrap_err();
    assert_eq!(error.to_string(), "its file is damaged");
    assert!(!dir.path().join("run.toml").exists());
}

#[test]
fn trials_that_contradict_each_other_are_refused() {
    let sample = small();
    let info = sample.info();
    let trials = sample.trials();

    let mut twice = trials.clone();
    twice[1] = twice[0].clone();
    assert_eq!(refusal(&info, &twice), "two trials have the id c0000-r0");

    let mut named = trials.clone();
    named[1].id = "../../c0000-r1".into();
    let text = refusal(&info, &named);
    assert_eq!(text, "trial \"../../c0000-r1\" is repeat 1 of cell 0: its name is c0000-r1");

    let mut differ = trials.clone();
    differ[1].params[0] = "9 Mbit/s".into();
    let text = refusal(&info, &differ);
    assert!(text.contains("c0000-r0 and c0000-r1 are of one cell but differ"), "{text}");

    let mut short = trials.clone();
    short[5].params.pop();
    assert_eq!(refusal(&info, &short), "trial c0001-r2 has 1 parameters for 2 axes");

    let mut named_so = info.clone();
    named_so.axes[1] = "seed".into();
    assert_eq!(refusal(&named_so, &trials), "the axis `seed` would be a second column `seed`");
}

#[test]
fn a_table_that_is_not_what_the_schema_says_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let sample = small();
    write_run(dir.path(), &sample.info(), &sample.trials()).unwrap();
    let refusal = || format!("{:#}", report(dir.path()).unwrap_err());
    for table in ["sessions", "flows"] {
        let file = dir.path().join(format!("{table}.parquet"));
        let whole = std::fs::read(&file).unwrap();
        std::fs::copy(dir.path().join("stalls.parquet"), &file).unwrap();
        let expected = format!("table {table}: the columns are not those of the schema");
        assert!(refusal().contains(&expected), "{}", refusal());

        std::fs::write(&file, b"PAR1 and nothing else").unwrap();
        assert!(refusal().contains(&format!("{table}.parquet")), "{}", refusal());
        std::fs::write(&file, whole).unwrap();
    }
    let other = tempfile::tempdir().unwrap();
    write_run(other.path(), &sample.info(), &sample.trials()[..6]).unwrap();
    let trials = "trials.parquet";
    std::fs::copy(other.path().join(trials), dir.path().join(trials)).unwrap();
    let expected = "trial c0002-r0 has rows in the table sessions, but none in the table `trials`";
    assert!(refusal().contains(expected), "{}", refusal());

    std::fs::remove_file(dir.path().join("run.toml")).unwrap();
    let text = refusal();
    assert!(text.contains("run.toml, which every run's folder has"), "{text}");
}

pub fn session(trial: &TrialResult) -> &Session {
    let mut sessions = trial.records.iter().filter_map(|record| match record {
        Record::Session(row) => Some(row),
        _ => None,
    });
    sessions.next().unwrap()
}

pub fn change_session(trial: &mut TrialResult, change: impl Fn(&mut Session)) {
    for record in &mut trial.records {
        if let Record::Session(session) = record {
            change(session);
        }
    }
}
