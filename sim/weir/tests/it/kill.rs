//! `weir` is killed at random moments, again and again: nothing is left of it, no finished trial is
//! lost, and in the end the tables are those of a run that nobody killed.

use crate::leftovers::{
    Namespace, all_namespaces, list, machine, namespaces_in, processes_in, until,
};
use crate::program::{Scratch, said, weir};
use crate::sample::write_table;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use weir_units::Seed;

/// The kills of each lab.
const KILLS: u64 = 100;
/// However little of a run is left, this many tries are enough.
const MOST_TRIES: u64 = 10 * KILLS;
/// How long the kernel may take to end what a killed `weir` had started.
const GONE_WITHIN: Duration = Duration::from_secs(5);

const GUEST: &str = r#"
name = "killed"
seed = 5
topology = "one-origin"

[media]
source = "table.json"

[[players]]
watch = "2 s"

[sweep]
"links.access.rate" = ["1 Mbit/s", "4 Mbit/s"]
"players.abr" = ["bola", "throughput"]
"#;

/// Nothing is shaped: any kernel can do it. Nobody waits before pressing play, because a trial
/// takes real time.
const HOST: &str = r#"
name = "killed"
lab = "host"
seed = 5
phase = "fixed"
tcp.congestion_control = "reno"

[topology.nodes.origin]
[topology.nodes.viewer]
[topology.links.access]
between = ["origin", "viewer"]

[media]
source = "table.json"

[[players]]
watch = "1 s"
startup = "500 ms"

[sweep]
"players.abr" = ["bola", "throughput"]
"#;

/// Thousands of sessions, which are several blocks of trials.
const MODEL: &str = r#"
name = "killed"
lab = "model"
record = "sessions"
seed = 5
repeats = 800
topology = "one-origin"

[media]
source = "table.json"

[[players]]
watch = "60 s"

[sweep]
"links.access.rate" = ["1 Mbit/s", "4 Mbit/s"]
"players.abr" = ["bola", "throughput"]
"#;

/// The tables without wall-clock facts.
const TABLES: [&str; 9] =
    ["sessions", "segments", "stalls", "links", "nodes", "flows", "events", "rungs", "summary"];

#[test]
fn a_killed_run_in_guests_leaves_nothing_loses_nothing_and_ends_as_if_nobody_had_killed_it() {
    Victim::new("killed-guest", GUEST).suffer(true);
}

#[test]
fn a_killed_run_on_the_host_leaves_nothing_and_loses_nothing() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("not root: there is no lab \"host\" to kill");
        return;
    }
    // In real time no two trials are equal to the microsecond.
    Victim::new("killed-host", HOST).suffer(false);
}

#[test]
fn a_killed_run_of_blocks_leaves_nothing_loses_nothing_and_ends_as_if_nobody_had_killed_it() {
    Victim::new("killed-model", MODEL).suffer(true);
}

/// A block of trials that was reported as finished.
#[derive(Debug, Clone, Copy)]
struct Reported {
    /// How many there are.
    trials: u64,
    /// The time that the first took: its fingerprint.
    wall_us: u64,
}

/// A run that is killed.
struct Victim {
    scratch: Scratch,
    /// How long the whole of it takes.
    length: Duration,
    seed: Seed,
}

impl Victim {
    fn new(name: &str, experiment: &str) -> Self {
        let scratch = Scratch::new(name);
        fs::write(scratch.0.join("killed.toml"), experiment).unwrap();
        fs::create_dir(scratch.0.join("tmp")).unwrap();
        write_table(&scratch.0);
        // The first run fills the cache with content, and is not measured.
        let mut length = Duration::ZERO;
        for out in ["cold", "whole"] {
            let started = now();
            let output = weir(&scratch.0, &["run", "killed.toml", "--out", out, "--jobs", "2"]);
            assert!(output.status.code().is_some_and(|code| code < 2), "{}", said(&output));
            length = started.elapsed();
        }
        let seed = std::env::var("WEIR_TEST_SEED").ok().and_then(|text| text.parse().ok());
        let seed = Seed::new(seed.unwrap_or_else(|| u64::from(std::process::id())));
        println!("{name}: {length:?}, moments drawn from WEIR_TEST_SEED={}", seed.get());
        Self { scratch, length, seed }
    }

    fn suffer(mut self, exactly: bool) {
        let (mut kills, mut runs) = (0, 0);
        // What was reported as finished, by the name of the first trial.
        let mut finished = BTreeMap::new();
        for number in 0..MOST_TRIES {
            if kills == KILLS {
                break;
            }
            let before = machine();
            let (started, afresh) = (now(), !self.scratch.0.join("out.partial").exists());
            let mut child = self.start();
            // A little longer than it takes, so that the last moments are hit too.
            let bound = u64::try_from(self.length.as_nanos() * 11 / 10).unwrap();
            let moment = Duration::from_nanos(self.seed.derive(&number.to_string()).below(bound));
            let ended = end_within(&mut child, moment);
            let namespaces = namespaces_in(&self.scratch.0);
            if ended.is_none() {
                child.kill().unwrap();
                kills += 1;
            }
            child.wait().unwrap();
            // A machine that was busy may not be so any more, and the other way round.
            match ended {
                Some(_) if afresh => self.length = started.elapsed(),
                Some(_) => {}
                None => self.length = self.length.mul_f64(1.03),
            }
            let what =
                format!("kill {kills} at {moment:?}, try {number}, seed {}", self.seed.get());
            self.assert_nothing_left(&what, &before, &namespaces);
            finished.extend(self.reported());
            self.assert_nothing_lost(&what, &finished);
            if let Some(status) = ended {
                let text = fs::read_to_string(self.scratch.0.join("errors")).unwrap();
                assert!(status.code().is_some_and(|code| code < 2), "{what}: {status}: {text}");
                self.compare(&what, exactly, &finished);
                finished.clear();
                fs::remove_dir_all(self.scratch.0.join("out")).unwrap();
                runs += 1;
            }
        }
        println!("{kills} kills, {runs} runs completed in spite of them");
        assert_eq!(kills, KILLS, "the moments are too late");
        assert!(runs > 0, "no run was completed");
    }

    fn start(&self) -> Child {
        let folder = &self.scratch.0;
        Command::new(env!("CARGO_BIN_EXE_weir"))
            .args(["run", "killed.toml", "--out", "out", "--resume", "--json", "--jobs", "2"])
            .current_dir(folder)
            .env("TMPDIR", folder.join("tmp"))
            .stdout(File::create(folder.join("progress")).unwrap())
            .stderr(File::create(folder.join("errors")).unwrap())
            .stdin(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// What it said to be finished.
    fn reported(&self) -> BTreeMap<String, Reported> {
        let text = fs::read_to_string(self.scratch.0.join("progress")).unwrap();
        // A last line that was cut off says nothing.
        let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok());
        lines
            .filter(|line: &serde_json::Value| line["event"] == "finished")
            .map(|line| {
                let number = |key: &str| line[key].as_u64().unwrap();
                let reported = Reported { trials: number("trials"), wall_us: number("wall_us") };
                (line["trial"].as_str().unwrap().to_owned(), reported)
            })
            .collect()
    }

    fn assert_nothing_left(
        &self,
        what: &str,
        before: &BTreeSet<String>,
        namespaces: &BTreeSet<Namespace>,
    ) {
        let folder = &self.scratch.0;
        let gone = |name: &str, so: &mut dyn FnMut() -> bool| {
            until(GONE_WITHIN, &format!("{what}: {name} gone"), so);
        };
        gone("its processes are", &mut || processes_in(folder).is_empty());
        gone("its namespaces are", &mut || all_namespaces().is_disjoint(namespaces));
        let own = |thing: &String| {
            let folder = folder.to_str().unwrap();
            thing.starts_with('/') || thing.contains(folder) || thing.contains("/run/weir")
        };
        gone("its mounts, interfaces and memory are", &mut || {
            machine().difference(before).filter(|thing| own(thing)).count() == 0
        });
        assert_eq!(list(&folder.join("tmp")), Vec::<PathBuf>::new(), "{what}");
    }

    fn assert_nothing_lost(&self, what: &str, finished: &BTreeMap<String, Reported>) {
        let out = self.scratch.0.join("out");
        if out.join("run.toml").exists() {
            return;
        }
        for (trial, Reported { trials, .. }) in finished {
            let more = if *trials > 1 { format!("+{trials}") } else { String::new() };
            let file = self.scratch.0.join(format!("out.partial/trials/{trial}{more}.json"));
            assert!(file.exists(), "{what}: {trial} was finished and is lost");
        }
    }

    fn compare(&self, what: &str, exactly: bool, finished: &BTreeMap<String, Reported>) {
        let (whole, out) = (self.scratch.0.join("whole"), self.scratch.0.join("out"));
        for table in TABLES.iter().filter(|_| exactly) {
            for format in ["csv", "parquet"] {
                let name = format!("{table}.{format}");
                let same =
                    fs::read(whole.join(&name)).unwrap() == fs::read(out.join(&name)).unwrap();
                assert!(same, "{what}: {name} is not that of a run that nobody killed");
            }
        }
        let took = |folder: &Path| column(folder, "wall_us");
        assert!(took(&whole).keys().eq(took(&out).keys()), "{what}: other trials");
        let took = took(&out);
        for (trial, Reported { wall_us, .. }) in finished {
            assert_eq!(took[trial], *wall_us, "{what}: {trial} was finished, and ran again");
        }
        let of_the_whole = |path: &PathBuf| whole.join(path.file_name().unwrap()).exists();
        let left: Vec<_> = list(&out).into_iter().filter(|path| !of_the_whole(path)).collect();
        assert!(left.is_empty(), "{what}: {left:?}");
        assert!(!self.scratch.0.join("out.partial").exists(), "{what}");
    }
}

/// A column of numbers of the table `trials`, by trial.
fn column(folder: &Path, name: &str) -> BTreeMap<String, u64> {
    let text = fs::read_to_string(folder.join("trials.csv")).unwrap();
    let mut lines = text.lines();
    // Counted from the end: there are commas in reasons, which stand before.
    let at = lines.next().unwrap().rsplit(',').position(|column| column == name).unwrap();
    let row = |line: &str| {
        let trial = line.split(',').nth(1).unwrap().to_owned();
        (trial, line.rsplit(',').nth(at).unwrap().parse().unwrap())
    };
    lines.map(row).collect()
}

/// Waits for a child, for a time.
fn end_within(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let started = now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        let left = limit.checked_sub(started.elapsed())?;
        pause(left.min(Duration::from_millis(2)));
    }
}

#[expect(clippy::disallowed_methods, reason = "a test that kills another process is a driver")]
fn pause(span: Duration) {
    std::thread::sleep(span);
}

#[expect(clippy::disallowed_methods, reason = "a test that kills another process is a driver")]
fn now() -> Instant {
    Instant::now()
}
