//! One trial on the kernel that this process runs on: build the network, start the origins, let the
//! viewers watch, read the counters, and judge whether the result can be trusted.
//!
//! The same code runs in a guest and on the host.

use crate::services::{Place, Running, Service};
use crate::viewers::{Viewer, viewers};
use anyhow::{Context, Result, bail};
use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use weir_experiment::Trial;
use weir_net::{Command, LinkCounters, Network, Process};
use weir_records::{Event, Link, Node, Record};
use weir_units::{Bytes, Ratio, Span, Time};

/// From starting the player processes to the moment that counts as the trial's start: time for them
/// to begin.
const LEAD: Span = Span::from_ms(100);
/// How long after its last viewer has left a trial may go on.
const GRACE: Span = Span::from_s(120);
/// What a player process may write: a session of a day has some 40,000 requests of 400 bytes.
const RECORDS_LIMIT: u64 = 1 << 30;
/// The largest frame on a wire: 1,500 bytes and an Ethernet header.
const FRAME: u64 = 1_514;

/// A trial and what it needs to know of its content.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Assignment {
    /// The trial.
    pub trial: Trial,
    /// Segments of the content before it loops.
    pub segments: u64,
}

/// Where a trial finds and leaves things.
pub struct Folders {
    /// Playlists.
    pub site: PathBuf,
    /// Segments.
    pub media: PathBuf,
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

/// Runs a trial. `program` is this program's executable, and `say` hears what it is about.
///
/// # Errors
/// If the trial has no result: a network that cannot be built, a service that does not get ready
/// or ends, a player that fails.
pub fn run(
    assignment: &Assignment,
    folders: &Folders,
    program: &Path,
    say: &dyn Fn(&str),
) -> Result<Findings> {
    let trial = &assignment.trial;
    let setup = &trial.setup;
    for folder in [&folders.run, &folders.logs] {
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    }
    say("building the network");
    let tcp_mem = weir_net::set_kernel_limits()?;
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
        };
        origins.insert(origin.node.clone(), Service::find(name)?.start(name, node, &place)?);
        events.push((origin.node.clone(), name.clone()));
    }

    say("playing");
    let epoch = now()?.after(LEAD);
    let watched = viewers(trial, assignment.segments);
    let mut groups = start_players(&network, &origins, &watched, folders, program, epoch)?;
    let longest = watched.iter().map(|viewer| viewer.start.after(viewer.players.watch)).max();
    let deadline = epoch.after(longest.unwrap_or(Time::ZERO).since(Time::ZERO)).after(GRACE);
    for group in &mut groups {
        wait_for(group, deadline, &mut origins)?;
    }
    let duration = now()?.since(epoch);

    say("reading the counters");
    let mut records = Vec::new();
    for group in &groups {
        records.extend(read_records(&group.out)?);
    }
    let counters = network.link_counters()?;
    let doubts = doubts(&counters, &records, duration);
    records.extend(counters.iter().map(|counted| Record::Link(link_row(counted, duration))));
    for (name, node) in network.nodes() {
        records.push(Record::Node(node_row(name, node, &tcp_mem)?));
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

/// A player process on a node.
struct Group {
    process: Process,
    out: PathBuf,
}

/// As few processes for each node with viewers as hold all of its sessions.
fn start_players(
    network: &Network,
    origins: &BTreeMap<String, Running>,
    watched: &[Viewer<'_>],
    folders: &Folders,
    program: &Path,
    epoch: Time,
) -> Result<Vec<Group>> {
    let mut by_node: BTreeMap<&str, Vec<weir_http::SessionJob>> = BTreeMap::new();
    for viewer in watched {
        let players = viewer.players;
        let origin = origins
            .get(&players.origin)
            .with_context(|| format!("no origin runs on the node {}", players.origin))?;
        by_node.entry(&players.node).or_default().push(weir_http::SessionJob {
            session: viewer.session,
            node: players.node.clone(),
            url: format!("http://{}/master.m3u8", origin.address),
            start: viewer.start,
            first_segment: viewer.first_segment,
            abr: players.abr.clone(),
            knows: players.knows,
            watch: players.watch,
            max_buffer: players.max_buffer,
            startup: players.startup,
            resume: players.resume,
        });
    }
    let mut groups = Vec::new();
    for (node, sessions) in &by_node {
        for (part, sessions) in sessions.chunks(weir_http::MAX_SESSIONS).enumerate() {
            let name = format!("{node}.players-{part}");
            let job = folders.run.join(format!("{name}.json"));
            let out = folders.run.join(format!("{name}.jsonl"));
            let content = weir_http::Job {
                epoch: epoch.ns(),
                sessions: sessions.to_vec(),
                transport: weir_http::Transport::default(),
            };
            let text = serde_json::to_vec(&content).context("write a job")?;
            fs::write(&job, text).with_context(|| format!("write {}", job.display()))?;
            let argv = [program, Path::new(crate::PLAYER_ARGUMENT), &job, &out];
            let command = Command {
                name: format!("the players on {node}"),
                argv: argv.iter().map(|word| word.display().to_string()).collect(),
                log: folders.logs.join(format!("{name}.log")),
            };
            let process = Process::spawn(network.node(node)?.namespace(), &command)?;
            groups.push(Group { process, out });
        }
    }
    Ok(groups)
}

/// Waits for a player process; an origin that ends meanwhile ends the trial.
fn wait_for(
    group: &mut Group,
    deadline: Time,
    origins: &mut BTreeMap<String, Running>,
) -> Result<()> {
    const LOOK_EVERY: Span = Span::from_s(10);
    loop {
        if let Some(exit) = group.process.wait(LOOK_EVERY)? {
            if exit.success() {
                return Ok(());
            }
            bail!("{} {exit}{}", group.process.name(), group.process.last_words());
        }
        for origin in origins.values_mut() {
            if let Some(end) = origin.ended()? {
                bail!("{end}");
            }
        }
        if now()? > deadline {
            bail!("{} did not end{}", group.process.name(), group.process.last_words());
        }
    }
}

/// The checks that a trial makes of itself. A result that fails one is kept, and counts nowhere.
fn doubts(counters: &[LinkCounters], records: &[Record], duration: Span) -> Vec<String> {
    let mut doubts = Vec::new();
    for record in records {
        if let Record::Event(Event { node, event, detail, .. }) = record
            && event == weir_http::LATE_EVENT
        {
            doubts
                .push(format!("a player on {node} was late: {}", detail.as_deref().unwrap_or("")));
        }
    }
    for counted in counters {
        let LinkCounters { link, from, to, .. } = counted;
        let mut doubt = |what: String| doubts.push(format!("link {link}, {from} to {to}: {what}"));
        if counted.bytes > counted.packets.saturating_mul(FRAME) {
            doubt(format!(
                "{} bytes in {} packets: larger than a frame",
                counted.bytes, counted.packets
            ));
        }
        if counted.shape.loss == Ratio::ZERO && counted.losses > 0 {
            doubt(format!("{} packets lost where none should be", counted.losses));
        }
        let allowed =
            counted.shape.rate.and_then(|rate| rate.bytes_in(duration.saturating_add(LEAD)).ok());
        // The token bucket begins full: one frame more.
        if allowed.is_some_and(|allowed| counted.bytes > allowed.get() + 2 * FRAME) {
            doubt(format!("{} bytes are more than its rate allows", counted.bytes));
        }
    }
    doubts
}

fn link_row(counted: &LinkCounters, duration: Span) -> Link {
    let allowed = counted.shape.rate.and_then(|rate| rate.bytes_in(duration).ok());
    Link {
        link: counted.link.clone(),
        from: counted.from.clone(),
        to: counted.to.clone(),
        start_us: 0,
        end_us: duration.us(),
        rate_bps: counted.shape.rate.map(|rate| rate.bps()),
        delay_us: counted.shape.delay.us(),
        queue_bytes: counted.queue.map(Bytes::get),
        packets: counted.packets,
        bytes: counted.bytes,
        queue_drops: counted.queue_drops,
        losses: counted.losses,
        backlog_bytes: counted.backlog,
        utilisation: allowed
            .filter(|allowed| *allowed != Bytes::ZERO)
            .map(|allowed| counted.bytes as f64 / allowed.get() as f64),
    }
}

fn node_row(name: &str, node: &weir_net::Node, tcp_mem: &str) -> Result<Node> {
    let tcp = node.tcp();
    Ok(Node {
        node: name.to_owned(),
        congestion_control: tcp.congestion_control.clone(),
        rmem_bytes: tcp.rmem.replace('\t', " "),
        wmem_bytes: tcp.wmem.replace('\t', " "),
        tcp_mem_pages: tcp_mem.replace('\t', " "),
        initial_window: node.initial_window(),
        slow_start_after_idle: tcp.slow_start_after_idle,
        metrics_cache: !tcp.no_metrics_save,
        ecn: tcp.ecn,
        sack: tcp.sack,
        gso_segments: node.gso_segments()?,
    })
}

fn read_records(path: &Path) -> Result<Vec<Record>> {
    let file = fs::File::open(path).with_context(|| format!("open {}", path.display()))?;
    weir_records::read_lines(std::io::BufReader::new(file), RECORDS_LIMIT)
        .with_context(|| format!("read {}", path.display()))
}

/// The clock that players and this function share: the kernel's, which is virtual in a guest.
fn now() -> Result<Time> {
    let clock = clock_gettime(ClockId::CLOCK_MONOTONIC).context("read the clock")?;
    let ns = u64::try_from(clock.tv_sec())? * 1_000_000_000 + u64::try_from(clock.tv_nsec())?;
    Ok(Time::from_ns(ns))
}
