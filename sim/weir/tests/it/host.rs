//! The lab on this machine's own kernel.

use crate::leftovers::{list, machine, processes_in};
use crate::program::{Scratch, said, weir};
use crate::sample::write_table;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Nothing is shaped: any kernel can do it, with the congestion control that all kernels have.
const PLAIN: &str = r#"
name = "plain"
lab = "host"
phase = "fixed"
tcp.congestion_control = "reno"

[topology.nodes.origin]
[topology.nodes.viewer]
[topology.links.access]
between = ["origin", "viewer"]

[media]
source = "table.json"

[[players]]
abr = "bola"
watch = "2 s"
"#;

const SHAPED: &str = r#"
name = "shaped"
lab = "host"
topology = "one-origin"

[media]
source = "table.json"

[[players]]
abr = "bola"
"#;

/// What the machine's kernel has one value of for all, and a lab must leave alone.
const WHOLE_MACHINE: [&str; 3] =
    ["ipv4/tcp_mem", "core/netdev_max_backlog", "ipv4/tcp_congestion_control"];

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

#[test]
fn an_unshaped_network_runs_on_any_kernel_and_leaves_nothing_of_itself() {
    if !is_root() {
        eprintln!("not root: weir doctor says so");
        return;
    }
    let limits =
        || WHOLE_MACHINE.map(|name| fs::read_to_string(format!("/proc/sys/net/{name}")).ok());
    let scratch = Scratch::new("a host, with spaces");
    fs::write(scratch.0.join("plain.toml"), PLAIN).unwrap();
    write_table(&scratch.0);
    let before = (limits(), machine());
    let output = weir(&scratch.0, &["run", "plain.toml", "--out", "out"]);
    // On a busy machine a player may be late, and the trial is invalid then.
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", said(&output));
    let trials = fs::read_to_string(scratch.0.join("out/trials.csv")).unwrap();
    assert!(trials.contains(",host,") && !trials.contains(",failed,"), "{trials}");
    let sessions = fs::read_to_string(scratch.0.join("out/sessions.csv")).unwrap();
    assert_eq!(sessions.lines().count(), 2, "{sessions}");
    let host = fs::read_to_string(scratch.0.join("out/host.toml")).unwrap();
    for words in ["lab = [\"host\"]", "clocksource", "congestion_control", "release"] {
        assert!(host.contains(words), "{host}");
    }
    assert!(processes_in(&scratch.0).is_empty());
    assert_eq!(before.0, limits());
    let new: Vec<_> = machine().difference(&before.1).cloned().collect();
    assert!(!new.iter().any(|thing| thing.contains("weir")), "{new:#?}");
}

#[test]
fn what_the_kernel_lacks_is_said_at_once_with_the_link_that_asks_for_it() {
    if !is_root() {
        eprintln!("not root: nobody knows what the kernel lacks");
        return;
    }
    let scratch = Scratch::new("lacking");
    fs::write(scratch.0.join("shaped.toml"), SHAPED).unwrap();
    write_table(&scratch.0);
    let doctor = said(&weir(&scratch.0, &["doctor"]));
    let lacks_netem = doctor.lines().any(|line| {
        line.starts_with("missing") && line.contains("lab host") && line.contains("netem")
    });
    for command in ["run", "check"] {
        let output = weir(&scratch.0, &[command, "shaped.toml"]);
        if !lacks_netem {
            continue;
        }
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        for words in ["netem", "links.core", "--lab uml"] {
            assert!(said(&output).contains(words), "{}", said(&output));
        }
    }
    let output = weir(&scratch.0, &["check", "shaped.toml", "--lab", "uml"]);
    assert!(output.status.success(), "{}", said(&output));
    if lacks_netem {
        assert_eq!(list(&scratch.0).len(), 2, "nothing was made");
    }
}

#[test]
fn whoever_is_not_root_is_told_so() {
    let scratch = Scratch::new("nobody");
    fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(scratch.0.join("plain.toml"), PLAIN).unwrap();
    write_table(&scratch.0);
    let program = scratch.0.join("weir");
    fs::copy(env!("CARGO_BIN_EXE_weir"), &program).unwrap();
    let mut command = Command::new(&program);
    command.args(["run", "plain.toml"]).current_dir(&scratch.0);
    if is_root() {
        command.uid(65_534).gid(65_534);
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("needs root"), "{}", said(&output));
    assert!(said(&output).contains("--lab uml"), "{}", said(&output));
    assert!(!scratch.0.join("results").exists());
}
