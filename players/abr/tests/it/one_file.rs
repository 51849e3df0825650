//! An algorithm is one file and one line: this is what a person does who adds one.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The registry.
const LIST: &str = "algorithms/mod.rs";

/// A whole algorithm, as a person would write it.
const FILE: &str = r#"//! The rung above the last one, and after the highest the lowest.

use crate::registry::{Entry, Param};
use crate::{Abr, Decision, Observation};
use alloc::boxed::Box;

pub(crate) const ENTRY: Entry = Entry {
    name: "round-robin",
    about: "each rung in turn",
    params: &[Param { name: "step", default: "1", doc: "how many rungs at a time" }],
    verified: None,
    build: |params| Ok(Box::new(RoundRobin { step: params.number("step", 63)?, next: 0 })),
};

struct RoundRobin {
    step: usize,
    next: usize,
}

impl Abr for RoundRobin {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let rung = self.next % seen.ladder.len().max(1);
        self.next = rung + self.step;
        Decision::now(rung)
    }
}
"#;

/// Another crate, and what it sees of it.
const MANIFEST: &str = r#"[package]
name = "user"
edition = "2024"

[dependencies]
weir-units = { workspace = true }
weir-abr = { workspace = true }
"#;
const USER: &str = r#"use weir_abr::{Choice, Observation, Rung, registry};
use weir_units::BitRate;

fn main() {
    assert!(registry().iter().any(|entry| entry.name == "round-robin"));
    let rung = Rung { mean: BitRate::from_bps(1), peak: BitRate::from_bps(1) };
    let seen = Observation { ladder: vec![rung; 3], ..Observation::default() };
    let mut choice = Choice::named("round-robin");
    choice.params.insert("step".into(), "2".into());
    let mut abr = choice.build().unwrap();
    let rungs = [(); 4].map(|()| abr.decide(&seen).rung);
    assert_eq!(rungs, [0, 2, 1, 0]);
    assert_eq!(Choice::named("round-robbin").check().unwrap_err().known().last(), Some(&"round-robin"));
}
"#;

/// Writes what differs only: Cargo builds again what is newer than its last build.
fn put(path: &Path, text: &str) {
    if fs::read_to_string(path).ok().as_deref() != Some(text) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else if !from.ends_with(LIST) {
        put(to, &fs::read_to_string(from).unwrap());
    }
}

/// In a copy of the two crates, in a folder that is kept: only the first time takes long.
#[test]
fn an_algorithm_is_one_file_and_one_line() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let copied = Path::new(env!("CARGO_TARGET_TMPDIR")).join("one-more-algorithm");
    for part in [
        "players/abr/src",
        "players/abr/benches",
        "players/abr/Cargo.toml",
        "sim/units",
        "Cargo.lock",
    ] {
        copy(&root.join(part), &copied.join(part));
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let (before, rest) = manifest.split_once("members = ").unwrap();
    let (_, after) = rest.split_once('\n').unwrap();
    // Profiles name packages that these two crates do not need.
    let (after, _) = after.split_once("[profile").unwrap();
    let members = "members = [\"sim/units\", \"players/abr\", \"user\"]\n";
    put(&copied.join("Cargo.toml"), &format!("{before}{members}{after}"));
    put(&copied.join("user/Cargo.toml"), MANIFEST);
    put(&copied.join("user/src/main.rs"), USER);

    let list = fs::read_to_string(root.join("players/abr/src").join(LIST)).unwrap();
    let (before, after) = list.split_once("\n}\n\npub use").unwrap();
    let list = format!("{before}\n    round_robin\n}}\n\npub use{after}");
    let sources = copied.join("players/abr/src");
    put(&sources.join(LIST), &list);
    put(&sources.join("algorithms/round_robin.rs"), FILE);
    let output = Command::new(env!("CARGO"))
        .args(["run", "--offline", "--quiet", "-p", "user"])
        .current_dir(&copied)
        .env("CARGO_TARGET_DIR", copied.join("target"))
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
