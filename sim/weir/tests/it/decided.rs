//! Experiments in which a program of the user's decides.

use crate::leftovers::{processes_in, until};
use crate::program::{Scratch, said, weir, workspace};
use crate::sample::write_table;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The example that ships, and a program that gives up.
const EXPERIMENT: &str = r#"
name = "decided"
repeats = 2
topology = "one-origin"

[media]
source = "table.json"

[[players]]
watch = "60 s"
abr = { exec = "python3 my_abr.py" }
"#;

const GIVES_UP: &str =
    "import sys\ninput()\nprint('{\"rung\": 0}')\ninput()\nsys.exit('I give up')\n";

fn scene(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    fs::write(scratch.0.join("decided.toml"), EXPERIMENT).unwrap();
    let example = workspace().join("players/abr/examples/my_abr.py");
    fs::copy(example, scratch.0.join("my_abr.py")).unwrap();
    write_table(&scratch.0);
    scratch
}

#[test]
fn a_program_decides_in_a_guest_and_twice_the_same() {
    let scratch = scene("decided");
    let segments = |out: &str| {
        let output = weir(&scratch.0, &["run", "decided.toml", "--out", out, "--lab", "uml"]);
        assert!(output.status.success(), "{}", said(&output));
        fs::read_to_string(scratch.0.join(out).join("segments.csv")).unwrap()
    };
    let first = segments("a");
    assert!(first.lines().count() > 40, "{first}");
    assert_eq!(segments("b"), first);
    // The guest has seen the folder, and left nothing in it.
    let mut found: Vec<_> = fs::read_dir(&scratch.0)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, ["a", "b", "decided.toml", "my_abr.py", "table.json"]);
}

#[test]
fn a_program_that_gives_up_fails_its_trials_with_its_own_words() {
    let scratch = scene("gives-up");
    fs::write(scratch.0.join("my_abr.py"), GIVES_UP).unwrap();
    let output = weir(&scratch.0, &["run", "decided.toml", "--out", "out", "--lab", "uml"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let trials = fs::read_to_string(scratch.0.join("out/trials.csv")).unwrap();
    assert_eq!(trials.matches(",failed,").count(), 2, "{trials}");
    assert_eq!(trials.matches("its error output ends: I give up").count(), 2, "{trials}");
}

/// Starts a daemon that works in the program's folder, and is slow.
const STARTS_A_DAEMON: &str = r#"
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(600)
    os._exit(0)
for line in sys.stdin:
    time.sleep(0.2)
    print('{"rung": 0}', flush=True)
"#;

#[test]
fn what_a_program_has_started_dies_with_weir() {
    for signal in [Signal::SIGKILL, Signal::SIGTERM] {
        let scratch = scene("dies-with-weir");
        fs::write(scratch.0.join("my_abr.py"), STARTS_A_DAEMON).unwrap();
        let mut weir = Command::new(env!("CARGO_BIN_EXE_weir"))
            .args(["run", "decided.toml", "--out", "out", "--lab", "model", "--jobs", "1"])
            .current_dir(&scratch.0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // weir, the guard, the program and the daemon.
        let all = || processes_in(&scratch.0).len() >= 4;
        until(Duration::from_secs(60), "the daemon is there", all);
        kill(Pid::from_raw(weir.id().try_into().unwrap()), signal).unwrap();
        weir.wait().unwrap();
        let nobody = || processes_in(&scratch.0).is_empty();
        until(Duration::from_secs(10), "nobody is left", nobody);
    }
}

#[test]
fn what_an_experiment_starts_is_listed_before_it_runs() {
    let scratch = scene("listed");
    let check = |lab: &str| said(&weir(&scratch.0, &["check", "decided.toml", "--lab", lab]));
    let decides = "  starts python3 my_abr.py: the experiment's own, decides\n";
    let text = check("model");
    assert!(text.contains(decides) && !text.contains("nginx"), "{text}");
    let text = check("uml");
    assert!(text.contains(decides), "{text}");
    assert!(text.contains("  starts nginx (/usr/sbin/nginx): comes with Weir\n"), "{text}");

    // A kind of the same name beside the experiment.
    let services = scratch.0.join("topologies/services");
    fs::create_dir_all(&services).unwrap();
    let kind = fs::read_to_string(workspace().join("topologies/services/nginx.toml")).unwrap();
    fs::write(services.join("nginx.toml"), kind.replace("/usr/sbin/nginx", "/bin/sh")).unwrap();
    let text = check("uml");
    let other = "  starts nginx (/bin/sh): NOT from Weir, whose own of this name is another\n";
    assert!(text.contains(other), "{text}");

    let experiment = fs::read_to_string(scratch.0.join("decided.toml")).unwrap();
    let experiment = experiment.replace("{ exec = \"python3 my_abr.py\" }", "\"bola\"");
    fs::write(scratch.0.join("decided.toml"), experiment).unwrap();
    let text = check("model");
    assert!(text.contains("  starts no programs\n"), "{text}");
}

#[test]
fn a_replay_says_what_it_starts_and_which_files_are_others() {
    let scratch = scene("replayed");
    let output = weir(&scratch.0, &["run", "decided.toml", "--out", "out", "--lab", "model"]);
    assert!(output.status.success(), "{}", said(&output));
    let text = said(&weir(&scratch.0, &["replay", "out", "c0000-r0"]));
    let starts = "this run starts programs that do not come with Weir: python3 my_abr.py: the \
                  experiment's own, decides";
    assert!(text.contains(starts) && text.contains("every row is equal"), "{text}");
    assert!(!text.contains("another input"), "{text}");
    fs::write(scratch.0.join("policy.py"), "").unwrap();
    // A run from elsewhere says which folder its programs see: it may not be any.
    let refused = weir(&scratch.0, &["replay", "out", "c0000-r1"]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("--changed"), "{}", said(&refused));
    let text = said(&weir(&scratch.0, &["replay", "out", "c0000-r1", "--changed"]));
    let other =
        "another input than the run's: the files beside the programs (policy.py was not there)";
    assert!(text.contains(other), "{text}");
}
