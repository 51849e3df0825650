//! Ctrl-C ends everything, soon, and leaves nothing that runs.

use crate::leftovers::{processes_in, until};
use crate::program::Scratch;
use crate::sample::write_table;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const EXPERIMENT: &str = r#"
name = "interrupt"
repeats = 500
topology = "one-origin"

[media]
source = "table.json"

[[players]]
abr = "bola"
watch = "120 s"
"#;

fn start(folder: &Path) -> Child {
    fs::write(folder.join("interrupt.toml"), EXPERIMENT).unwrap();
    write_table(folder);
    Command::new(env!("CARGO_BIN_EXE_weir"))
        .args(["run", "interrupt.toml", "--out", "out"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn finished_trials(folder: &Path) -> usize {
    fs::read_dir(folder.join("out.partial/trials")).map_or(0, Iterator::count)
}

#[test]
fn ctrl_c_ends_all_within_two_seconds_and_keeps_what_is_finished() {
    let scratch = Scratch::new("interrupt");
    let mut weir = start(&scratch.0);
    let minute = Duration::from_secs(60);
    until(minute, "two trials are finished", || finished_trials(&scratch.0) >= 2);
    until(minute, "a guest runs", || processes_in(&scratch.0).len() > 1);
    kill(Pid::from_raw(weir.id() as i32), Signal::SIGINT).unwrap();
    until(Duration::from_secs(2), "weir ends", || weir.try_wait().unwrap().is_some());
    assert_eq!(weir.wait().unwrap().code(), Some(1));
    until(Duration::from_secs(1), "nothing is left", || processes_in(&scratch.0).is_empty());
    assert!(finished_trials(&scratch.0) >= 2);
}

#[test]
fn ctrl_c_ends_an_encoding_too() {
    let scratch = Scratch::new("encoding");
    let experiment = EXPERIMENT.replace(r#"source = "table.json""#, r#"source = "scenes""#);
    fs::write(scratch.0.join("encoding.toml"), experiment).unwrap();
    // The guest kernel, but no content that is encoded already.
    let kernels = weir_uml::cache_folder().unwrap().join("guest");
    fs::create_dir(scratch.0.join("cache")).unwrap();
    std::os::unix::fs::symlink(kernels, scratch.0.join("cache/guest")).unwrap();
    let mut weir = Command::new(env!("CARGO_BIN_EXE_weir"))
        .args(["run", "encoding.toml", "--out", "out"])
        .current_dir(&scratch.0)
        .env("WEIR_CACHE", scratch.0.join("cache"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let encoder = |name: &String| name.ends_with(" ffmpeg");
    until(Duration::from_secs(60), "an encoder runs", || {
        processes_in(&scratch.0).iter().any(encoder)
    });
    kill(Pid::from_raw(weir.id() as i32), Signal::SIGINT).unwrap();
    until(Duration::from_secs(2), "weir ends", || weir.try_wait().unwrap().is_some());
    until(Duration::from_secs(1), "nothing is left", || processes_in(&scratch.0).is_empty());
}
