//! A complete run is nobody's to throw away but its owner's.

use crate::leftovers::{list, until};
use crate::program::{Scratch, said, weir};
use crate::sample::write_table;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const EXPERIMENT: &str = r#"
name = "small"
lab = "model"
repeats = 3
topology = "one-origin"

[media]
source = "table.json"

[[players]]
watch = "20 s"

[sweep]
"players.abr" = ["bola", "throughput"]
"#;

/// A folder with a complete run in `out`, and something in it that is not Weir's.
fn complete(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    fs::write(scratch.0.join("small.toml"), EXPERIMENT).unwrap();
    write_table(&scratch.0);
    succeed(&run(&scratch, &[]));
    for (name, text) in [("notes.md", "my notes"), ("plots/mine.svg", "<svg/>")] {
        fs::write(scratch.0.join("out").join(name), text).unwrap();
    }
    scratch
}

fn run(scratch: &Scratch, arguments: &[&str]) -> Output {
    weir(&scratch.0, &[&["run", "small.toml", "--out", "out"], arguments].concat())
}

fn succeed(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    said(output)
}

fn refuse(output: &Output, words: &[&str]) {
    assert_eq!(output.status.code(), Some(2), "{}", said(output));
    assert!(words.iter().all(|word| said(output).contains(word)), "{}", said(output));
}

/// All files below a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for path in list(folder) {
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => _ = found.insert(path.clone(), fs::read(&path).unwrap()),
        }
    }
    found
}

#[test]
fn the_same_command_again_says_what_the_run_depends_on_and_runs_nothing() {
    let scratch = complete("again");
    let before = files(&scratch.0);
    for arguments in [&[][..], &["--resume"]] {
        let text = succeed(&run(&scratch, arguments));
        for words in ["out is complete: nothing to run", "the plan ", "the content 0 "] {
            assert!(text.contains(words), "{text}");
        }
        let after = files(&scratch.0);
        // Plots and page are made again, from the same tables.
        assert!(before.keys().eq(after.keys()), "{:?}", after.keys());
        let table = scratch.0.join("out/sessions.csv");
        assert_eq!(before[&table], after[&table]);
    }
}

#[test]
fn another_run_does_not_replace_a_complete_one_unless_somebody_says_so() {
    let scratch = complete("replaced");
    let before = files(&scratch.0);
    let other = EXPERIMENT.replace("small", "other");
    fs::write(scratch.0.join("other.toml"), other).unwrap();
    for arguments in [
        &["small.toml", "--only", "abr=bola"][..],
        &["small.toml", "--seed", "9"],
        &["small.toml", "--repeats", "1"],
        &["small.toml", "--seed", "9", "--resume"],
        &["other.toml"],
    ] {
        let output = weir(&scratch.0, &[&["run", "--out", "out"], arguments].concat());
        refuse(&output, &["complete", "other inputs", "--discard"]);
    }
    fs::remove_file(scratch.0.join("other.toml")).unwrap();
    assert_eq!(before, files(&scratch.0));

    succeed(&run(&scratch, &["--discard", "--repeats", "1"]));
    let rows = fs::read_to_string(scratch.0.join("out/sessions.csv")).unwrap();
    assert_eq!(rows.lines().count(), 1 + 2, "{rows}");
    assert_eq!(fs::read_to_string(scratch.0.join("out/notes.md")).unwrap(), "my notes");
    assert_eq!(fs::read_to_string(scratch.0.join("out/plots/mine.svg")).unwrap(), "<svg/>");
    let left: Vec<_> = list(&scratch.0).into_iter().filter(|path| path.is_dir()).collect();
    assert_eq!(left, [scratch.0.join("out")]);
}

#[test]
fn a_complete_run_of_other_inputs_is_not_shown_as_if_it_were_of_these() {
    let scratch = complete("stale");
    let table = fs::read_to_string(scratch.0.join("table.json")).unwrap();
    fs::write(scratch.0.join("table.json"), table.replacen("], [", "], [9", 1)).unwrap();
    for arguments in [&[][..], &["--resume"]] {
        refuse(&run(&scratch, arguments), &["other inputs", "the content 0"]);
    }
}

#[test]
fn a_part_of_an_experiment_has_a_folder_of_its_own() {
    let scratch = Scratch::new("parts");
    fs::write(scratch.0.join("small.toml"), EXPERIMENT).unwrap();
    write_table(&scratch.0);
    for (arguments, folder) in [
        (&[][..], "small"),
        (&["--only", "abr=bola", "--repeats", "1"], "small+repeats=1+abr=bola"),
        (&["--seed", "5"], "small+seed=5"),
        (&["--lab", "model"], "small+lab=model"),
    ] {
        succeed(&weir(&scratch.0, &[&["run", "small.toml"], arguments].concat()));
        assert!(scratch.0.join("results").join(folder).join("run.toml").exists(), "{folder}");
    }
}

#[test]
fn what_cannot_become_the_name_of_a_folder_is_refused_before_anything_runs() {
    let scratch = Scratch::new("names");
    fs::write(scratch.0.join("small.toml"), EXPERIMENT).unwrap();
    write_table(&scratch.0);
    fs::write(scratch.0.join("file"), "mine").unwrap();
    std::os::unix::fs::symlink("nowhere", scratch.0.join("link")).unwrap();
    let long = "x".repeat(250);
    for out in ["link", "file", "..", "/", "/proc/x", "file/x", "/dev/shm", long.as_str()] {
        let output = weir(&scratch.0, &["run", "small.toml", "--out", out]);
        assert_eq!(output.status.code(), Some(2), "{out}: {}", said(&output));
    }
    for out in ["x/.", "y/z", "./w"] {
        succeed(&weir(&scratch.0, &["run", "small.toml", "--out", out]));
        assert!(scratch.0.join(out).join("run.toml").exists(), "{out}");
    }
}

/// The guests of a process.
fn guests(weir: &Child) -> Vec<String> {
    let children = list(Path::new("/proc")).into_iter().filter(|process| {
        let status = fs::read_to_string(process.join("status")).unwrap_or_default();
        let command = fs::read_to_string(process.join("cmdline")).unwrap_or_default();
        status.contains(&format!("PPid:\t{}\n", weir.id())) && command.contains("mem=")
    });
    children.filter_map(|process| Some(process.file_name()?.to_str()?.to_owned())).collect()
}

#[test]
fn a_trial_that_failed_runs_again_and_the_others_do_not() {
    let scratch = Scratch::new("failed");
    let experiment = EXPERIMENT.replace("\"model\"", "\"uml\"").replace("\"20 s\"", "\"600 s\"");
    fs::write(scratch.0.join("small.toml"), experiment).unwrap();
    write_table(&scratch.0);
    let mut weir = Command::new(env!("CARGO_BIN_EXE_weir"))
        .args(["run", "small.toml", "--out", "out", "--jobs", "1"])
        .current_dir(&scratch.0)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut guest = Vec::new();
    until(Duration::from_secs(60), "a guest runs", || {
        guest = guests(&weir);
        !guest.is_empty()
    });
    // What a machine without memory does.
    let killed = Command::new("kill").args(["-9", &guest[0]]).status().unwrap();
    assert!(killed.success());
    assert_eq!(weir.wait().unwrap().code(), Some(1));

    let trials = || -> Vec<Vec<String>> {
        let text = fs::read_to_string(scratch.0.join("out/trials.csv")).unwrap();
        let cells = |line: &str| line.split(',').map(str::to_owned).collect();
        text.lines().skip(1).map(cells).collect()
    };
    let is_failed = |row: &Vec<String>| row.contains(&"failed".to_owned());
    let before = trials();
    assert_eq!(before.iter().filter(|row| is_failed(row)).count(), 1, "{before:?}");

    // It is said, and nothing runs until somebody asks for it.
    assert_eq!(run(&scratch, &[]).status.code(), Some(1));
    assert_eq!(trials(), before);
    let text = succeed(&run(&scratch, &["--resume"]));
    assert!(text.contains("failed before, and runs again"), "{text}");
    let after = trials();
    for (before, after) in before.iter().zip(&after) {
        assert!(
            !is_failed(after) && (is_failed(before) || before == after),
            "{before:?} {after:?}"
        );
    }
    assert!(!scratch.0.join("out/trials").exists() && !scratch.0.join("out.partial").exists());
}
