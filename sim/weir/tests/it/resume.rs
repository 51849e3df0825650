//! A run that was interrupted goes on where it was, with what it began with and nothing else.

use crate::leftovers::{list, until};
use crate::program::{Scratch, said, weir};
use crate::sample::write_table;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const EXPERIMENT: &str = r#"
name = "resume"
repeats = 3
topology = "one-origin"

[media]
source = "table.json"

[[players]]
watch = "2 s"

[sweep]
"players.abr" = ["bola", "throughput"]
"#;

/// A folder with a run of which some trials are finished, and not all.
fn interrupted(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    // Too many to be finished before it is killed; the real ones come afterwards.
    fs::write(scratch.0.join("resume.toml"), EXPERIMENT).unwrap();
    write_table(&scratch.0);
    for _ in 0..20 {
        let mut weir = Command::new(env!("CARGO_BIN_EXE_weir"))
            .args(["run", "resume.toml", "--out", "out", "--discard", "--jobs", "1"])
            .current_dir(&scratch.0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let some = || !trials(&scratch).is_empty() || scratch.0.join("out").exists();
        until(Duration::from_secs(60), "a trial is finished", some);
        weir.kill().unwrap();
        weir.wait().unwrap();
        // On a busy machine it may have been too late.
        if !scratch.0.join("out").exists() && trials(&scratch).len() < 6 {
            return scratch;
        }
        drop(fs::remove_dir_all(scratch.0.join("out")));
    }
    panic!("it was always complete before it was killed");
}

fn trials(scratch: &Scratch) -> Vec<PathBuf> {
    let files = list(&scratch.0.join("out.partial/trials"));
    files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "json")).collect()
}

fn run(scratch: &Scratch, arguments: &[&str]) -> Output {
    weir(&scratch.0, &[&["run", "resume.toml", "--out", "out"], arguments].concat())
}

fn assert_refused(output: &Output, words: &[&str]) {
    let text = said(output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(words.iter().all(|word| text.contains(word)), "{text}");
}

#[test]
fn finished_trials_are_neither_run_again_nor_thrown_away_unless_somebody_says_so() {
    let scratch = interrupted("resume");
    let kept = trials(&scratch);
    assert_refused(&run(&scratch, &[]), &["--resume", "--discard"]);
    assert_eq!(trials(&scratch).len(), kept.len());

    let output = run(&scratch, &["--resume"]);
    assert!(output.status.success(), "{}", said(&output));
    let count = format!("{} of 6 trials are finished", kept.len());
    assert!(said(&output).contains(&count), "{}", said(&output));
    assert!(!scratch.0.join("out.partial").exists());

    let output = run(&scratch, &["--resume"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("complete"), "{}", said(&output));
    assert_refused(&run(&scratch, &["--resume", "--seed", "2"]), &["other inputs", "\"seed = 2\""]);
}

#[test]
fn a_run_does_not_go_on_with_other_inputs_and_says_which() {
    let scratch = interrupted("other-inputs");
    let kept = trials(&scratch).len();
    let plan = ["the plan", "was \"seed = 1\"", "is \"seed = 9\""];
    assert_refused(&run(&scratch, &["--resume", "--seed", "9"]), &plan);
    assert_refused(&run(&scratch, &["--resume", "--only", "abr=bola"]), &["the plan"]);

    // The content has the same name, and is another one.
    let table = fs::read_to_string(scratch.0.join("table.json")).unwrap();
    fs::write(scratch.0.join("table.json"), table.replacen("], [", "], [9", 1)).unwrap();
    assert_refused(&run(&scratch, &["--resume"]), &["the content 0"]);
    fs::write(scratch.0.join("table.json"), table).unwrap();

    // The program does the same, and is another one.
    let other = scratch.0.join("weir");
    let mut program = fs::read(env!("CARGO_BIN_EXE_weir")).unwrap();
    program.push(0);
    fs::write(&other, program).unwrap();
    let copy = Path::new(env!("CARGO_BIN_EXE_weir"));
    fs::set_permissions(&other, fs::metadata(copy).unwrap().permissions()).unwrap();
    let output = Command::new(&other)
        .args(["run", "resume.toml", "--out", "out", "--resume"])
        .current_dir(&scratch.0)
        .output()
        .unwrap();
    assert_refused(&output, &["the program"]);

    assert_eq!(trials(&scratch).len(), kept);
    let output = run(&scratch, &["--resume"]);
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn a_damaged_file_means_that_the_trial_runs_again() {
    let scratch = interrupted("damaged");
    let kept = trials(&scratch);
    let text = fs::read_to_string(&kept[0]).unwrap();
    // A digit of a number: still a trial by its looks.
    let at = text.find("\"virtual_us\":").unwrap() + "\"virtual_us\":".len();
    let mut bytes = text.into_bytes();
    bytes[at] = if bytes[at] == b'9' { b'8' } else { b'9' };
    fs::write(&kept[0], bytes).unwrap();
    let output = run(&scratch, &["--resume"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("runs again"), "{}", said(&output));
    let rows = fs::read_to_string(scratch.0.join("out/trials.csv")).unwrap();
    assert_eq!(rows.lines().count(), 1 + 6, "{rows}");
}

#[test]
fn a_replay_throws_no_interrupted_run_away() {
    let scratch = interrupted("replayed-over");
    let kept = trials(&scratch);
    let output = weir(&scratch.0, &["run", "resume.toml", "--out", "base", "--repeats", "1"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_refused(
        &weir(&scratch.0, &["replay", "base", "c0000-r0", "--out", "out"]),
        &["--discard"],
    );
    assert_eq!(trials(&scratch), kept);
}

#[test]
fn what_is_discarded_is_run_again() {
    let scratch = interrupted("discard");
    let output = run(&scratch, &["--discard", "--seed", "4"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("running 6 trials"), "{}", said(&output));
}

#[test]
fn two_runs_do_not_write_to_one_folder() {
    let scratch = Scratch::new("two");
    let endless = EXPERIMENT.replace("repeats = 3", "repeats = 900");
    fs::write(scratch.0.join("resume.toml"), endless).unwrap();
    write_table(&scratch.0);
    let mut first = Command::new(env!("CARGO_BIN_EXE_weir"))
        .args(["run", "resume.toml", "--out", "out"])
        .current_dir(&scratch.0)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let locked = || scratch.0.join("out.partial/plan.toml").exists();
    until(Duration::from_secs(60), "the first has begun", locked);
    for how in ["--resume", "--discard"] {
        assert_refused(&run(&scratch, &[how]), &["another weir"]);
    }
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn a_part_of_an_experiment_has_the_cells_of_the_whole() {
    let scratch = Scratch::new("only");
    fs::write(scratch.0.join("resume.toml"), EXPERIMENT).unwrap();
    write_table(&scratch.0);
    let output = run(&scratch, &["--only", "abr=throughput"]);
    assert!(output.status.success(), "{}", said(&output));
    let rows = fs::read_to_string(scratch.0.join("out/trials.csv")).unwrap();
    for trial in ["c0001-r0", "c0001-r1", "c0001-r2"] {
        assert!(rows.contains(trial), "{rows}");
    }
    assert_eq!(rows.lines().count(), 1 + 3, "{rows}");
    assert_refused(&run(&scratch, &["--only", "abr=bolla"]), &["bola"]);
}
