//! One trial on the kernel that this process runs on: build the network, start the origins, let the
//! viewers watch, read the counters, and judge whether the result can be trusted.
//!
//! The same code runs in a guest and on the host.

use crate::programs::Ground;
use crate::sampler::Sampler;
use crate::services::{Logs, Place, Service};
use crate::viewers::viewers;
use crate::{players, rows, traffic};
use anyhow::{Context, Result};
use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use weir_experiment::Trial;
use weir_net::Network;
use weir_records::{Event, Record};
use weir_units::{Span, Time};

/// From starting the player processes to the moment that counts as the trial's start: time for them
/// to begin.
const LEAD: Span = Span::from_ms(100);
/// How long after its last viewer has left a trial may go on.
pub(crate) const GRACE: Span = Span::from_s(120);

/// A trial and what it needs to know of its content.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Assignment {
    /// The trial.
    pub trial: Trial,
    /// Segments of the content before it loops.
    pub segments: u64,
    /// The duration of each.
    pub segment: Span,
    /// How much is logged.
    pub logs: Logs,
}

/// Where a trial finds and leaves things.
pub struct Folders {
    /// Playlists.
    pub site: PathBuf,
    /// Segments.
    pub media: PathBuf,
    /// The experiment, if one of its programs decides.
    pub experiment: PathBuf,
    /// Run-time files, in memory.
    pub run: PathBuf,
    /// Logs.
    pub logs: PathBuf,
}

/// What a trial found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// Rows of the tables.
    pub records: Vec<Record>,
    /// Why the result must not be trusted; empty if it can be.
    pub doubts: Vec<String>,
    /// The time from the trial's start to its end.
    pub duration: Span,
}

/// Runs a trial. `program` is this program's executable, `tcp_mem` what the kernel says of TCP's
/// memory, and `say` hears what the trial is about.
///
/// # Errors
/// If the trial has no result: a network that cannot be built, a service that does not get ready
/// or ends, a player that fails.
pub fn run(
    assignment: &Assignment,
    folders: &Folders,
    program: &Path,
    tcp_mem: &str,
    say: &dyn Fn(&str),
) -> Result<Findings> {
    let trial = &assignment.trial;
    let setup = &trial.setup;
    for folder in [&folders.run, &folders.logs] {
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    }
    say("building the network");
    let network = Network::build(setup, trial.seed.derive("network"))?;

    say("starting the origins");
    let mut origins = BTreeMap::new();
    let mut events = Vec::new();
    for origin in &setup.origins {
        let node = network.node(&origin.node)?;
        let name = &origin.service;
        let run = folders.run.join(format!("{}.{name}", origin.node));
        fs::create_dir_all(&run).with_context(|| format!("make {}", run.display()))?;
        let log = folders.logs.join(format!("{}.{name}.log", origin.node));
        let place = Place {
            address: node.address(),
            run: &run,
            site: &folders.site,
            media: &folders.media,
            log: &log,
            logs: assignment.logs,
        };
        origins.insert(origin.node.clone(), Service::find(name)?.start(name, node, &place)?);
        events.push((origin.node.clone(), name.clone()));
    }

    say("playing");
    let epoch = now()?.after(LEAD);
    let watched = viewers(assignment);
    let longest = watched.iter().map(|viewer| viewer.start.after(viewer.players.watch)).max();
    let longest = longest.unwrap_or(Time::ZERO);
    let deadline = epoch.after(longest.since(Time::ZERO)).after(GRACE);
    let ground = Ground { network: &network, folders, program };
    let (programs, readings) = thread::scope(|scope| -> Result<_> {
        let sampler = Sampler::start(scope, &network, epoch, setup.interval);
        // Whoever listens comes before whoever calls.
        let mut programs = traffic::start(&ground, trial, epoch, longest)?;
        programs.extend(players::start(&ground, &origins, &watched, epoch, assignment.logs)?);
        for program in &mut programs {
            program.wait(deadline, &mut origins)?;
        }
        Ok((programs, sampler.finish(&network)?))
    })?;
    let duration = now()?.since(epoch);

    say("reading what was recorded");
    let mut records = Vec::new();
    for program in &programs {
        records.extend(program.records()?);
    }
    let mut records = weir_traffic::join(records);
    let counters = readings.last().map(|reading| reading.counters.as_slice()).unwrap_or_default();
    let doubts = rows::doubts(counters, &records, duration.saturating_add(LEAD));
    records.extend(rows::link_rows(&readings, epoch).into_iter().map(Record::Link));
    for (name, node) in network.nodes() {
        records.push(Record::Node(rows::node_row(name, node, tcp_mem)?));
    }
    // A service that became ready did so before the trial's time begins.
    records.extend(events.into_iter().map(|(node, service)| {
        Record::Event(Event { at_us: 0, node, service, event: "ready".to_owned(), detail: None })
    }));

    say("stopping the origins");
    for origin in origins.into_values() {
        origin.stop()?;
    }
    Ok(Findings { records, doubts, duration })
}

/// The clock that players and this function share: the kernel's, which is virtual in a guest.
pub(crate) fn now() -> Result<Time> {
    let clock = clock_gettime(ClockId::CLOCK_MONOTONIC).context("read the clock")?;
    let ns = u64::try_from(clock.tv_sec())? * 1_000_000_000 + u64::try_from(clock.tv_nsec())?;
    Ok(Time::from_ns(ns))
}
