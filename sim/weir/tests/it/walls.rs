//! An experiment of a stranger's tries to get out: at what the user's machine has, and a trial has
//! not.

use crate::leftovers::list;
use crate::program::{Scratch, said};
use crate::sample::write_table;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is nobody's business but the user's.
const SECRET: &str = "known to the user alone";

const ATTACKS: &str = include_str!("walls.py");
/// As many there are at least.
const ATTEMPTS: u32 = 80;

const EXPERIMENT: &str = r#"
name = "stranger"
phase = "fixed"
tcp.congestion_control = "reno"

[topology.nodes.origin]
[topology.nodes.viewer]
[topology.links.access]
between = ["origin", "viewer"]

[media]
source = "table.json"

[[origins]]
node = "origin"
service = "stranger"

[[players]]
abr = { exec = "python3 attack.py decides @SECRET" }
watch = "2 s"
"#;

const KIND: &str = r#"
about = "a stranger's server"
program = "/usr/bin/python3"
command = ["{program}", "/experiment/attack.py", "serves", "@SECRET", "{address}", "{port}", "{site}", "{media}"]
version = ["{program}", "--version"]
port = 80
ready_within = "30 s"
stop_within = "2 s"
"#;

#[test]
fn a_stranger_in_a_guest_gets_at_nothing_of_the_machine() {
    nothing_is_got("uml");
}

#[test]
fn a_stranger_on_the_host_gets_at_nothing_of_the_machine() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("not root: weir doctor says so");
        return;
    }
    nothing_is_got("host");
}

fn nothing_is_got(lab: &str) {
    let secrets = Scratch::new("secrets");
    let secret = secrets.0.join("secret");
    fs::write(&secret, SECRET).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let scratch = stranger(&secret);
    let machine = || {
        let about =
            ["/dev/null", "/usr/bin/env", "/usr", "/dev"].map(|path| about(Path::new(path)));
        let settings = ["core_pattern", "modprobe", "hostname"];
        let settings = settings.map(|name| fs::read(format!("/proc/sys/kernel/{name}")).ok());
        (about, settings, about_secret(&secret), list(&secrets.0))
    };
    let before = machine();
    // Of what its user has open, a trial inherits nothing.
    let run = r#"exec 9<"$1"; exec "$0" run stranger.toml --out out --lab "$2""#;
    let mut command = Command::new("sh");
    command.args(["-c", run, env!("CARGO_BIN_EXE_weir")]).arg(&secret).arg(lab);
    let output = command.current_dir(&scratch.0).output().unwrap();
    let trials = fs::read_to_string(scratch.0.join("out/trials.csv")).unwrap_or_default();
    let logs = files(&scratch.0.join("out"));
    let got: Vec<&str> = logs
        .iter()
        .flat_map(|(_, text)| text.lines().filter(|line| line.starts_with("GOT")))
        .collect();
    assert_eq!(got, [""; 0], "{}", said(&output));
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", said(&output));
    // On a busy machine a player may be late, and the trial is invalid then.
    assert!(trials.contains(lab) && !trials.contains(",failed,"), "{trials}{}", said(&output));
    for role in ["serves", "decides"] {
        let log = logs.iter().find(|(path, _)| path.ends_with(format!("{role}-got.log")));
        let text = &log.unwrap_or_else(|| panic!("no log of {role}: {}", said(&output))).1;
        let attempts = text.lines().find_map(|line| line.strip_suffix(" attempts"));
        assert!(attempts.unwrap().parse::<u32>().unwrap() >= ATTEMPTS, "{text}");
    }
    for (path, text) in &logs {
        assert!(!text.contains(SECRET), "{}", path.display());
    }
    assert!(!said(&output).contains(SECRET), "{}", said(&output));
    assert_eq!(machine(), before);
}

/// A folder with the experiment, and links to the secret beside it.
fn stranger(secret: &Path) -> Scratch {
    let scratch = Scratch::new("stranger");
    let filled = |text: &str| text.replace("SECRET", secret.to_str().unwrap());
    let write = |name: &str, text: &str| fs::write(scratch.0.join(name), text).unwrap();
    fs::create_dir_all(scratch.0.join("topologies/services")).unwrap();
    write("topologies/services/stranger.toml", &filled(KIND));
    write("stranger.toml", &filled(EXPERIMENT));
    write("attack.py", ATTACKS);
    write_table(&scratch.0);
    symlink(secret, scratch.0.join("link")).unwrap();
    symlink(secret.parent().unwrap(), scratch.0.join("folder")).unwrap();
    scratch
}

/// The owner, the mode and the times of a file; its content may be read meanwhile.
fn about(path: &Path) -> (u32, u32, i64) {
    let about = fs::metadata(path).unwrap();
    (about.uid(), about.mode(), about.mtime())
}

fn about_secret(secret: &Path) -> (String, (u32, u32, i64)) {
    (fs::read_to_string(secret).unwrap(), about(secret))
}

/// All files below a folder, and what they hold. What is no file fails.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for path in list(folder) {
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_dir() {
            found.extend(files(&path));
            continue;
        }
        assert!(kind.is_file(), "{}", path.display());
        let bytes = fs::read(&path).unwrap();
        found.push((path, String::from_utf8_lossy(&bytes).into_owned()));
    }
    found
}
