//! `scripts/same` tells tables that are the same from tables that are not.

use crate::program::{Scratch, said, workspace};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const TRIALS: &str = "\
run,trial,cell,verdict,wall_us,memory_bytes
aaaa,c0000-r0,0,valid,100,1000
aaaa,c0000-r1,0,valid,200,2000
";

const SEGMENTS: &str = "\
run,trial,session,request,rung,bytes,download_us,throughput_bps
aaaa,c0000-r0,0,0,0,1000,20000,400000
aaaa,c0000-r0,0,1,2,5000,50000,800000
aaaa,c0000-r1,0,0,0,1000,25000,320000
";

/// Writes the tables of a run to a folder.
fn write_run(folder: &Path, trials: &str, segments: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("trials.csv"), trials).unwrap();
    fs::write(folder.join("segments.csv"), segments).unwrap();
}

/// A run, and another with other tables of trials and segments.
struct Runs {
    _scratch: Scratch,
    old: PathBuf,
    new: PathBuf,
}

impl Runs {
    fn new(trials: &str, segments: &str) -> Self {
        let scratch = Scratch::new("same");
        let (old, new) = (scratch.0.join("old"), scratch.0.join("new"));
        write_run(&old, TRIALS, SEGMENTS);
        write_run(&new, trials, segments);
        Self { _scratch: scratch, old, new }
    }

    /// As it is, with one piece of its segments replaced.
    fn with(piece: &str, other: &str) -> Self {
        let segments = SEGMENTS.replacen(piece, other, 1);
        assert_ne!(segments, SEGMENTS, "{piece} is in no row");
        Self::new(TRIALS, &segments)
    }

    fn compare(&self, arguments: &[&str]) -> Output {
        compare(&self.old, &self.new, arguments)
    }

    /// The comparison finds them to be the same, and says these things.
    fn are_the_same(&self, arguments: &[&str], words: &[&str]) {
        let output = self.compare(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert_eq!(last_line(&output), "same", "{}", said(&output));
        says(&output, words);
    }

    /// The comparison finds them to differ, and says these things.
    fn differ(&self, arguments: &[&str], words: &[&str]) {
        let output = self.compare(arguments);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert_eq!(last_line(&output), "NOT the same: new (segments)", "{}", said(&output));
        says(&output, words);
    }
}

fn compare(old: &Path, new: &Path, arguments: &[&str]) -> Output {
    Command::new(workspace().join("scripts/same"))
        .args([old, new])
        .args(arguments)
        .output()
        .expect("scripts/same starts: it needs python3")
}

fn last_line(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned()
}

/// Words are compared with one space between each two of them: columns are aligned.
fn says(output: &Output, words: &[&str]) {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(text.contains(word), "{word:?} is missing:\n{}", said(output));
    }
}

#[test]
fn equal_tables_are_the_same() {
    Runs::new(TRIALS, SEGMENTS).are_the_same(&[], &["trials 2 equal", "segments 3 equal"]);
}

#[test]
fn names_of_runs_and_what_is_of_the_machine_are_left_aside() {
    let trials = TRIALS.replace("aaaa", "bbbb").replace(",100,1000", ",170,1700");
    Runs::new(&trials, &SEGMENTS.replace("aaaa", "bbbb")).are_the_same(&[], &["segments 3 equal"]);
}

#[test]
fn one_byte_is_a_difference_whatever_the_bounds() {
    let runs = Runs::with("2,5000,", "2,5001,");
    let words =
        ["1 row differs", "bytes 1 0 1 0.02 % trial c0000-r0, session 0, request 1: 5000 -> 5001"];
    runs.differ(&[], &words);
    runs.differ(&["--within", "1 s", "--within", "50 %"], &words);
}

#[test]
fn a_time_may_differ_as_far_as_it_is_bounded() {
    let runs = Runs::with(",50000,", ",50100,");
    runs.differ(&[], &["download_us 1 0 100"]);
    runs.differ(&["--within", "99 us"], &["download_us 1 0 100"]);
    runs.are_the_same(&["--within", "100 us"], &["1 row within the bounds", "download_us 0 1 100"]);
    runs.are_the_same(&["--within", "0.1 ms"], &[]);
}

#[test]
fn what_is_computed_from_times_is_bounded_by_a_share() {
    let runs = Runs::with(",800000\n", ",801000\n");
    runs.differ(&["--within", "1 s"], &["throughput_bps 1 0 1000", "a bound of its own"]);
    runs.are_the_same(&["--within", "0.2 %"], &["throughput_bps 0 1 1000 0.125 %"]);
}

#[test]
fn a_row_that_is_missing_is_one_difference_and_the_others_are_compared() {
    let missing = "aaaa,c0000-r0,0,1,2,5000,50000,800000\n";
    let words = ["segments 3 and 2 1 row missing, first trial c0000-r0, session 0, request 1"];
    Runs::with(missing, "").differ(&[], &words);
    // All that a trial has.
    let first =
        &SEGMENTS[SEGMENTS.find('\n').unwrap() + 1..SEGMENTS.find("aaaa,c0000-r1").unwrap()];
    Runs::with(first, "")
        .differ(&[], &["2 rows missing, first trial c0000-r0, session 0, request 0"]);
    let more = "320000\naaaa,c0001-r0,0,0,0,1000,25000,320000\n";
    Runs::with("320000\n", more).differ(&[], &["1 row additional, first trial c0001-r0"]);
}

#[test]
fn a_new_column_is_a_difference_unless_it_is_allowed() {
    let ends = [
        ("throughput_bps", "throughput_bps,reads"),
        ("00000\n", "00000,1\n"),
        ("20000\n", "20000,1\n"),
    ];
    let wider = ends.iter().fold(SEGMENTS.to_owned(), |text, (end, new)| text.replace(end, new));
    let runs = Runs::new(TRIALS, &wider);
    runs.differ(&[], &["segments 3 columns additional: reads"]);
    runs.are_the_same(&["--allow-new"], &["segments 3 columns additional: reads"]);
    // One that is gone is never allowed.
    let output = compare(&runs.new, &runs.old, &["--allow-new"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    says(&output, &["segments 3 columns missing: reads"]);
}

#[test]
fn rows_in_another_order_are_a_difference() {
    let lines: Vec<_> = SEGMENTS.lines().collect();
    for order in [[0, 2, 1, 3], [0, 3, 1, 2]] {
        let text: String = order.iter().map(|&line| format!("{}\n", lines[line])).collect();
        Runs::new(TRIALS, &text).differ(&[], &["segments 3 rows in another order"]);
    }
}

#[test]
fn folders_of_runs_are_compared_run_by_run() {
    let scratch = Scratch::new("same-folders");
    let (old, new) = (scratch.0.join("old"), scratch.0.join("new"));
    for run in [old.join("one"), old.join("two"), new.join("one")] {
        write_run(&run, TRIALS, SEGMENTS);
    }
    let output = compare(&old, &new, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(last_line(&output), "NOT the same: two (missing)", "{}", said(&output));
    write_run(&new.join("two"), TRIALS, SEGMENTS);
    let output = compare(&old, &new, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    fs::remove_file(new.join("two/trials.csv")).unwrap();
    let output = compare(&old, &new, &[]);
    assert_eq!(last_line(&output), "NOT the same: two (trials)", "{}", said(&output));
    says(&output, &["table missing"]);
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_reason() {
    let runs = Runs::new(TRIALS, SEGMENTS);
    let refused = |output: Output, why: &str| {
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(why), "{}", said(&output));
    };
    refused(runs.compare(&["--within", "100 m"]), "expected a time or a share");
    refused(runs.compare(&["--without"]), "unrecognized arguments: --without");
    refused(
        compare(&runs.old, &runs.old.join("nowhere"), &[]),
        "neither two programs nor two folders",
    );
    let empty = Scratch::new("same-empty");
    refused(compare(&runs.old, &empty.0, &[]), "has no tables");
    refused(
        Runs::with(",800000\n", "\n").compare(&[]),
        "segments.csv, line 3: 7 fields, expected 8",
    );
}
