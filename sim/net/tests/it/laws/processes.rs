//! Programs in nodes, with all that they start.

use super::Law;
use crate::setups::{PLAIN, direct};
use crate::traffic::pause;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use weir_net::{Command, Network, Process};
use weir_units::{Seed, Span};
use weir_wall::Capability;

pub const LAWS: [(&str, Law); 4] = [
    ("a_frozen_service_stands_still_with_all_that_it_started", frozen),
    ("a_killed_service_leaves_nobody", killed),
    ("a_frozen_service_can_be_stopped", stopped),
    ("a_program_is_left_with_what_it_needs_of_root_and_gains_nothing", left_with),
];

/// A script whose child writes a line every 10 ms.
const TICKS: &str = "/tmp/ticks";
const SCRIPT: &str = "while :; do echo tick >>/tmp/ticks; sleep 0.01; done & wait";

fn start() -> Result<Process> {
    let network = Network::build(&direct(PLAIN), Seed::new(1))?;
    let command = Command {
        name: "the script".to_owned(),
        argv: ["/bin/sh", "-c", SCRIPT].map(str::to_owned).to_vec(),
        log: "/tmp/script.log".into(),
        keeps: Vec::new(),
    };
    fs::write(TICKS, "")?;
    let process = Process::spawn(network.node("left")?.namespace(), &command)?;
    ensure!(ticks(Span::from_s(1))? > 10, "the script does nothing: {}", process.last_words());
    Ok(process)
}

fn left_with() -> Result<String> {
    let network = Network::build(&direct(PLAIN), Seed::new(1))?;
    let log = "/tmp/held.log";
    let held = |keeps: &[Capability]| {
        drop(fs::remove_file(log));
        let script = "grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status; \
                      unshare -U true && echo user; mount -t tmpfs none /mnt && echo mounted; \
                      mknod /tmp/zero c 1 5 && echo made; ip link set lo down && echo down";
        let command = Command {
            name: "the script".to_owned(),
            argv: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
            log: log.into(),
            keeps: keeps.to_vec(),
        };
        let mut process = Process::spawn(network.node("left")?.namespace(), &command)?;
        process.wait(Span::from_s(10))?.context("it does not end")?;
        let said = fs::read_to_string(log)?;
        let done = ["user", "mounted", "made", "down"];
        let done: Vec<_> =
            done.into_iter().filter(|word| said.lines().any(|l| l == *word)).collect();
        Ok::<_, anyhow::Error>((said.clone(), done))
    };
    let (said, done) = held(&[])?;
    ensure!(done.is_empty(), "{done:?}: {said}");
    ensure!(said.matches("00000000000004eb").count() == 3, "{said}");
    ensure!(said.matches("0000000000000000").count() == 2, "{said}");
    let (said, done) = held(&[Capability::NetAdmin])?;
    ensure!(done == ["down"], "{done:?}: {said}");
    Ok(String::new())
}

/// How much is written within a time.
fn ticks(within: Span) -> Result<u64> {
    let before = fs::metadata(TICKS)?.len();
    pause(within);
    Ok(fs::metadata(TICKS)?.len() - before)
}

fn frozen() -> Result<String> {
    let process = start()?;
    process.freeze()?;
    pause(Span::from_ms(50));
    ensure!(ticks(Span::from_s(2))? == 0, "it does not stand still");
    process.thaw()?;
    ensure!(ticks(Span::from_s(1))? > 10, "it does not go on");
    process.freeze()?;
    drop(process);
    ensure!(ticks(Span::from_s(1))? == 0 && members()? == 0, "it is not dead");
    Ok(String::new())
}

fn killed() -> Result<String> {
    let mut process = start()?;
    let exit = process.kill()?;
    ensure!(exit.to_string() == "was killed by signal 9", "{exit}");
    // At once, so that what starts instead finds the ports free.
    ensure!(members()? == 0, "somebody is left");
    ensure!(process.kill()? == exit, "it ended twice");
    process.freeze()?;
    process.thaw()?;
    Ok(String::new())
}

fn stopped() -> Result<String> {
    let process = start()?;
    process.freeze()?;
    let exit = process.stop(Span::from_s(10))?;
    ensure!(exit.to_string() == "was killed by signal 15", "{exit}");
    ensure!(members()? == 0, "somebody is left");
    Ok(String::new())
}

/// Processes of user space beside this one, which is the guest's first: dead ones count too.
fn members() -> Result<usize> {
    let mut found = 0;
    for entry in fs::read_dir("/proc")? {
        let path = entry?.path();
        let is_process = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()));
        if is_process && path != Path::new("/proc/1") {
            let stat = fs::read_to_string(path.join("stat")).unwrap_or_default();
            // After the name, which may contain anything: state, parent. The parent of all threads
            // of the kernel is 2, and theirs is 0.
            let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1));
            found += usize::from(parent.is_some_and(|parent| !["0", "2"].contains(&parent)));
        }
    }
    Ok(found)
}
