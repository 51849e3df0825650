//! One trial on the kernel that this process runs on: build the network, start the origins, let the
//! viewers watch, read the counters, and judge whether the result can be trusted.
//!
//! The same code runs in a guest and on the host.

use crate::trial::assignment::{Assignment, Folders, GRACE, TrialOutput, filling};
use crate::trial::faults::{Supervised, Supervisor};
use crate::trial::programs::TrialContext;
use crate::trial::sampler::Sampler;
use crate::trial::services::{self, ServiceContext};
use crate::trial::viewers::{GroupViewer, viewers};
use crate::trial::{players, rows, settings, traffic};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, thread};
use weir_clock::Clock;
use weir_net::Network;
use weir_plan::{Service, Setup};
use weir_records::{Event, Record};
use weir_units::{Span, Time};

/// From starting the player processes to the moment that counts as the trial's start: time for them
/// to begin.
const LEAD: Span = Span::from_ms(100);
/// The services of a live stream may already send while the last of them are started.
const STARTING: Span = Span::from_s(30);
/// The kind of service that says what it thinks of its origins.
const SWITCHER: &str = "switcher";
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
) -> Result<TrialOutput> {
    let trial = &assignment.trial;
    let setup = &trial.setup;
    for folder in [&folders.run, &folders.logs] {
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    }
    say("building the network");
    let network = Network::build(setup, trial.seed.derive("network"))?;
    settings::seal_settings()?;

    say("starting the services");
    let origins = setup.origins.iter().map(services::of_origin);
    let services: Vec<Service> = origins.chain(setup.services.iter().cloned()).collect();
    let gated = gated(setup);
    let place = ServiceContext {
        network: &network,
        folders,
        program,
        kinds: &assignment.kinds,
        services: &services,
        gated: &gated,
        live: setup.live.as_ref(),
        segment: assignment.segment,
        rungs: &assignment.rungs,
        logs: assignment.logs,
    };
    let watched = viewers(assignment);
    let longest = watched
        .iter()
        .map(|GroupViewer { viewer, .. }| viewer.start.after(viewer.viewing.watch))
        .max();
    let longest = longest.unwrap_or(Time::ZERO);
    let ground = TrialContext { network: &network, folders, program };
    let seed = trial.seed.derive("faults");
    let supervised = Supervised { place, ground, faults: &setup.faults, seed };
    let (programs, readings, mut events, epoch) = thread::scope(|scope| -> Result<_> {
        let supervisor = Supervisor::start(scope, supervised)?;
        say("playing");
        let epoch = Clock::monotonic().now().after(LEAD).after(filling(assignment));
        supervisor.begin(epoch, longest);
        let deadline = epoch.after(longest.since(Time::ZERO)).after(GRACE);
        let sampler = Sampler::start(scope, &network, epoch, setup.interval)?;
        // Whoever listens comes before whoever calls.
        let mut programs = traffic::start(&ground, trial, epoch, longest)?;
        programs.extend(players::start(&ground, &place, &watched, epoch)?);
        let is_over = || supervisor.is_over();
        let played = programs.iter_mut().try_for_each(|program| program.wait(deadline, &is_over));
        let readings = sampler.finish(&network)?;
        // A service that failed is why the trial is over.
        say("stopping the services");
        let events = supervisor.finish()?;
        played?;
        Ok((programs, readings, events, epoch))
    })?;
    let duration = Clock::monotonic().now().since(epoch);

    say("reading what was recorded");
    let mut records = Vec::new();
    for program in &programs {
        records.extend(program.records()?);
    }
    let mut records = weir_traffic::join(records);
    let counters = readings.last().map(|reading| reading.counters.as_slice()).unwrap_or_default();
    let changed = changed(setup);
    // Links carry something before the first viewer comes.
    let lead = LEAD.saturating_add(filling(assignment)).saturating_add(STARTING);
    let doubts = rows::doubts(counters, &records, duration.saturating_add(lead), &changed);
    records.extend(rows::link_rows(&readings, epoch).into_iter().map(Record::Link));
    for (name, node) in network.nodes() {
        records.push(Record::Node(rows::node_row(name, node, tcp_mem)?));
    }
    events.extend(said(&place, epoch)?);
    events.sort_by_key(|event| event.at_us);
    records.extend(events.into_iter().map(Record::Event));
    Ok(TrialOutput { records, doubts, duration })
}

/// The services in front of which a gate stands: those that are to answer wrongly some time.
fn gated(setup: &Setup) -> BTreeSet<String> {
    let names = setup.faults.iter().filter_map(|fault| fault.what.spoils());
    names.map(str::to_owned).collect()
}

/// The links that do not stay as the topology has them.
fn changed(setup: &Setup) -> BTreeSet<&str> {
    let links = setup.faults.iter().flat_map(|fault| fault.what.links(&setup.topology));
    links.filter_map(|at| setup.topology.links.get(at)).map(|link| link.name.as_str()).collect()
}

/// What switchers have said of their origins.
fn said(place: &ServiceContext<'_>, epoch: Time) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for service in place.services.iter().filter(|service| service.run == SWITCHER) {
        let log = place.log(service);
        let file = fs::File::open(&log).with_context(|| format!("open {}", log.display()))?;
        let (node, name) = (&service.node, &service.name);
        let happened = weir_switch::events(std::io::BufReader::new(file), epoch, node, name);
        // Before the trial begins, the stream does, and is no good yet.
        events.extend(happened.into_iter().filter(|event| event.at_us > 0));
    }
    Ok(events)
}
