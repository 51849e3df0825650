//! The lab on this machine's own kernel, in real time: the same trials as in a guest, each in
//! namespaces of its own.
//!
//! Nothing of the machine is changed. A trial's processes, mounts and network are its own, and the
//! kernel ends them with it; nothing of the machine is seen but its programs; limits that all
//! namespaces share are read and recorded, never set.

use crate::exec::programs as exec;
use crate::exec::programs::EXPERIMENT;
use crate::labs::lab::{self, Lab, MEDIA, Ran, SITE, Stage, Task, TrialOutcome};
use crate::labs::relaunch::relaunch;
use crate::labs::view::{self, ROOT};
use crate::refused::Refused;
use crate::store::inputs::Input;
use crate::trial::assignment::{GRACE, filling};
use anyhow::{Context, Result, anyhow};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;
use weir_net::Needs;
use weir_plan::{LabName, Plan};
use weir_process::{Cancel, Patience, Watched, last_lines};
use weir_uml::Root;
use weir_units::Span;

/// The word on the command line that makes this program the first process of a trial.
const ARGUMENT: &str = "host-trial";
/// Real time for all that is not watching: network, services, counters, and a busy machine.
const LIMIT: Span = Span::from_s(60);

/// The lab, ready to run trials.
pub(crate) struct HostLab {
    root: Root,
    tcp_mem: String,
    jobs: usize,
    stage: PathBuf,
    watchdog: Option<Span>,
}

/// Refuses a plan that this machine's kernel cannot run, or this user must not.
///
/// # Errors
/// If so: the error says what is missing, and for which link.
pub(crate) fn check(plan: &Plan) -> Result<()> {
    let why = match lacking_rights() {
        Some(rights) => format!("needs root: this user has no {rights}"),
        None => {
            let mut needs = Needs::default();
            let cells = plan.cells().filter(|cell| cell.setup.lab == LabName::Host);
            cells.for_each(|cell| needs.add(&cell.setup));
            let lacking = needs.lacking()?;
            if lacking.is_empty() {
                return Ok(());
            }
            format!("needs a kernel that has everything; this one lacks {}", lacking.join(", "))
        }
    };
    Err(Refused::because(format!("the lab \"host\" {why}; --lab uml needs none of this")))
}

/// What the lab needs, and whether this machine has it.
pub(crate) fn abilities() -> Vec<(&'static str, Result<String>)> {
    let rights = match lacking_rights() {
        Some(rights) => {
            Err(anyhow!("it needs root: this user has no {rights}; --lab uml does not"))
        }
        None => Ok("root".to_owned()),
    };
    let links = if rights.is_err() { None } else { Some(Needs::everything().lacking()) };
    let links = links.map(|lacking| match lacking {
        Ok(lacking) if lacking.is_empty() => Ok("all that links can ask for".to_owned()),
        Ok(lacking) => Err(anyhow!("the kernel lacks {}; --lab uml does not", lacking.join(", "))),
        Err(error) => Err(error),
    });
    let links = links.map(|links| ("lab host: links", links));
    [("lab host: rights", rights)].into_iter().chain(links).collect()
}

/// What the user of this process lacks.
pub(crate) fn lacking_rights() -> Option<String> {
    /// Their numbers: capabilities(7), linux/capability.h.
    const NEEDED: [(&str, u32); 2] = [("CAP_NET_ADMIN", 12), ("CAP_SYS_ADMIN", 21)];
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let held = line.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0);
    let missing: Vec<_> =
        NEEDED.iter().filter(|(_, bit)| held & (1 << bit) == 0).map(|(name, _)| *name).collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

impl HostLab {
    /// Prepares trials of `plan` below `stage`, `jobs` at a time, which have `root` as their root
    /// folder.
    pub fn new(root: Root, plan: &Plan, jobs: Option<usize>, stage: &Path) -> Self {
        Self {
            root,
            tcp_mem: weir_net::kernel_limits(),
            // In real time, trials that run side by side disturb each other.
            jobs: jobs.unwrap_or(1).max(1),
            stage: stage.to_owned(),
            watchdog: plan.watchdog,
        }
    }
}

impl Lab for HostLab {
    fn inputs(&self) -> Vec<Input> {
        let kernel = ["osrelease", "version"]
            .map(|name| first_line(&format!("/proc/sys/kernel/{name}")))
            .join(" ");
        vec![Input::new("the kernel", kernel), Input::new("the program", &self.root.program_sha256)]
    }

    fn facts(&self) -> (&'static str, toml::Table) {
        let mut facts = toml::Table::new();
        let mut add = |name: &str, value: String| facts.insert(name.to_owned(), value.into());
        for (name, path) in [
            ("release", "/proc/sys/kernel/osrelease"),
            ("version", "/proc/sys/kernel/version"),
            ("congestion_control", "/proc/sys/net/ipv4/tcp_congestion_control"),
            ("netdev_max_backlog", "/proc/sys/net/core/netdev_max_backlog"),
            ("clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        ] {
            add(name, first_line(path));
        }
        add("tcp_mem", self.tcp_mem.clone());
        facts.insert("jobs".to_owned(), i64::try_from(self.jobs).unwrap_or(i64::MAX).into());
        ("kernel", facts)
    }

    fn slots(&self) -> Result<Vec<usize>> {
        Ok((0..self.jobs).collect())
    }

    fn run(&self, task: &Task<'_>, cancel: &Cancel) -> Result<Ran> {
        let trial = &task.assignment.trial;
        let files = task.content.files()?;
        let stage = Stage::make(self.stage.join(&trial.id), task.assignment)?;
        let experiment = exec::shown(&self.stage)?;
        for (name, target) in [
            (ROOT, &self.root.folder),
            (SITE, &files.site),
            (MEDIA, &files.media),
            (EXPERIMENT, &experiment),
        ] {
            let link = stage.folder().join(name);
            symlink(target, &link).with_context(|| format!("link {}", link.display()))?;
        }
        let path = stage.folder().join("console.log");
        let console = File::create(&path).with_context(|| format!("make {}", path.display()))?;
        let handle = relaunch(&[ARGUMENT, &self.tcp_mem], stage.folder(), &console)?;
        let longest = trial.setup.players.iter().map(|players| players.viewing.watch).max();
        let limit = LIMIT
            .saturating_add(filling(task.assignment))
            .saturating_add(longest.unwrap_or(Span::ZERO))
            .saturating_add(GRACE);
        let limit = self.watchdog.unwrap_or(limit);
        let patience = Patience::of(Duration::from_nanos(limit.ns()));
        let ended = handle.watch(patience, &|| None, cancel);
        let ended = ended.context("wait for a trial")?;
        stage.keep_logs(task.logs)?;
        let phase = stage.phase()?.unwrap_or_else(|| "starting".to_owned());
        let failed = |what: String| {
            let last = last_lines(&path).map(|lines| format!("; its output ends: {lines}"));
            TrialOutcome::Failed(format!(
                "the trial {what} while {phase}{}",
                last.unwrap_or_default()
            ))
        };
        let came = match ended.watched {
            Watched::Ended(exit) if exit.success() => stage.findings(),
            Watched::Ended(exit) => failed(exit.to_string()),
            Watched::Overdue(why) => failed(format!("was killed {why}")),
            Watched::Cancelled => TrialOutcome::Cancelled,
        };
        Ok(Ran { came, memory: None })
    }
}

/// Takes over if this process is the first of a trial, and does not return then.
pub(crate) fn take_over() {
    let arguments: Vec<_> = std::env::args_os().collect();
    if let [_, word, tcp_mem] = arguments.as_slice()
        && word == ARGUMENT
        && let Some(tcp_mem) = tcp_mem.to_str()
        && std::process::id() == 1
    {
        let result = trial_inside(tcp_mem);
        if let Err(error) = &result {
            // The console, whose end the owner quotes.
            eprintln!("{error:#}");
        }
        std::process::exit(i32::from(result.is_err()));
    }
}

fn trial_inside(tcp_mem: &str) -> Result<()> {
    view::enter()?;
    lab::run_inside(tcp_mem)
}

pub(crate) fn first_line(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().next().unwrap_or_default().trim().to_owned()
}
