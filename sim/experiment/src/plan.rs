//! What will run: typed, every default filled in, every reference followed, the sweep expanded and
//! seeds assigned. Written beside the results as `plan.toml`, and hashed into the run's name.

use crate::Place;
use crate::cells::Cells;
use crate::live::{Fault, Live, Service, ServiceKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use weir_abr::Choice;
use weir_core::{QoePreset, Viewing};
use weir_trace::{Format, Kind};
use weir_units::{BitRate, Bytes, Ratio, Seed, Span};

/// A whole experiment, resolved.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its name, also that of its results.
    pub name: String,
    /// The origin of all randomness.
    pub seed: Seed,
    /// Replicates of each cell.
    pub repeats: u64,
    /// How much is kept of each session.
    pub record: Keep,
    /// What sessions are compared with what a clairvoyant player reaches in; `None` if they are not.
    pub oracle: Option<QoePreset>,
    /// What is swept.
    pub axes: Vec<Axis>,
    /// What of it was selected.
    pub only: Selection,
    /// The selected cells of the sweep, first axis slowest: see [`Plan::cells`].
    pub(crate) cells: Cells,
    /// The files of the media, which only the machine can check; not a part of the plan's text, so
    /// that a copy in another folder is the same plan.
    pub media_files: BTreeMap<Source, NamedFile>,
    /// The files of the traces, likewise, which [`Plan::trace`] reads; several uses of one file have
    /// one entry.
    pub trace_files: BTreeMap<Traced, NamedFile>,
    /// The recorded decisions that are replayed, likewise, by their paths as the experiment says
    /// them. In a path, [`weir_abr::TRACE`] stands for [`Traced::name`] of the trial's trace.
    pub log_files: BTreeMap<String, NamedFile>,
    /// The programs that decide on rungs, likewise: the path is the folder of the experiment, in which
    /// they run.
    pub programs: BTreeMap<Choice, NamedFile>,
    /// The kinds of services that its trials run, by their names.
    pub services: BTreeMap<String, ServiceKind>,
    /// The table of the values that are expected, which no result depends on.
    pub expect: Option<NamedFile>,
    /// How long a trial's guest is let alone, in wall-clock time, instead of what is computed; afterwards
    /// it is killed if its own clock does not advance. No result depends on it.
    pub watchdog: Option<Span>,
}

/// A file that a plan needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFile {
    /// Where it lies: as the experiment says, from the experiment's own folder.
    pub path: PathBuf,
    /// Where the experiment says so.
    pub place: Place,
    /// Its text, if it comes with the program; then there need not be such a file, and the path is
    /// only what it is called.
    pub text: Option<&'static str>,
}

/// How much is kept of each session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// Its own row.
    Sessions,
    /// Also those of its requests and of its stalls, and the counters of links.
    #[default]
    Segments,
}

/// Where a trial runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LabName {
    /// The fluid network.
    Model,
    /// A Linux guest in virtual time.
    Uml,
    /// This machine's kernel.
    Host,
}

/// One axis of the sweep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// The path of the value that varies, such as `links.access.rate`; also its column's name.
    pub path: String,
    /// The name of the zipped axis that it is a part of: all axes of that name vary together.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub zip: Option<String>,
    /// Its values as text, in the order of the file.
    pub values: Vec<String>,
}

/// The cells that a part of a plan consists of: for axes by their paths, the values that they may
/// have. Empty for a whole plan.
pub type Selection = BTreeMap<String, BTreeSet<String>>;

/// One combination of the axes' values.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Its number among all cells of the sweep, selected or not, from 0.
    pub index: u64,
    /// All that defines a trial except the seed.
    pub setup: Arc<Setup>,
}

/// One repeat of one cell: what a lab runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trial {
    /// Its name, unique in the run: `c0012-r3` for repeat 3 of cell 12.
    pub id: String,
    /// The number of its cell.
    pub cell: u64,
    /// The repeat, from 0.
    pub repeat: u64,
    /// The seed, which depends on the plan's seed and the repeat only: cells are compared in pairs.
    pub seed: Seed,
    /// Everything else.
    pub setup: Arc<Setup>,
}

/// What is built and run in a trial.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Setup {
    /// Where it runs.
    pub lab: LabName,
    /// The content.
    pub media: Media,
    /// The network.
    pub topology: Topology,
    /// TCP on every node.
    pub tcp: TcpProfile,
    /// HTTP servers of recorded content; none of a live stream.
    pub origins: Vec<Origin>,
    /// The live stream, if the content is one.
    pub live: Option<Live>,
    /// The services that make a live stream, in the order in which they are started.
    pub services: Vec<Service>,
    /// What happens to them and to the network.
    pub faults: Vec<Fault>,
    /// The viewers.
    pub players: Vec<Players>,
    /// Traffic beside them.
    pub traffic: Vec<Traffic>,
    /// Whether what would lock flows in phase is drawn at random.
    pub phase: Phase,
    /// How often the counters of links are read.
    pub interval: Span,
}

/// Whether repeats differ in what a viewer cannot know: when each presses play, where the content
/// begins, and how long an endpoint takes for a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// All of it is drawn from the repeat's seed.
    Random,
    /// None of it: viewers start at once, with the first segment, and endpoints take no time.
    Fixed,
}

/// Traffic from one node to another that is nobody's stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Traffic {
    /// The node that sends.
    pub from: String,
    /// The node that receives.
    pub to: String,
    /// When it begins, from the start of the trial.
    pub start: Span,
    /// How long it lasts; `None` until the last viewer has left.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub length: Option<Span>,
    /// How many of the same kind there are.
    pub count: u64,
    /// What it is.
    pub kind: TrafficKind,
}

/// A kind of traffic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrafficKind {
    /// A TCP connection that always has something to send.
    Tcp {
        /// Its congestion control.
        congestion_control: String,
    },
    /// Datagrams at a constant rate.
    Udp {
        /// Over Ethernet frames.
        rate: BitRate,
        /// The frame's size, Ethernet, IP and UDP headers included.
        packet: Bytes,
    },
    /// A user who downloads an object, thinks, and downloads the next: sizes are Pareto, pauses
    /// exponential.
    Web {
        /// The mean size of an object.
        size: Bytes,
        /// The mean pause between the end of an object and the request for the next.
        pause: Span,
        /// The congestion control of the senders.
        congestion_control: String,
    },
}

/// Content: what is shown, and how it is encoded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Media {
    /// Where pictures (or sizes) come from.
    pub source: Source,
    /// The duration of a segment.
    pub segment: Span,
    /// Its qualities; ignored for a size table, which brings its own.
    pub ladder: Ladder,
    /// The content's length before it loops.
    pub length: Span,
    /// Whether it loops, so that nobody ever sees its end. If not, every session begins with its
    /// first segment, and is over when the last one was played.
    pub loops: bool,
}

/// Where content comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The synthetic film.
    Scenes,
    /// A video file.
    File(PathBuf),
    /// A published table of segment sizes: Sabre's JSON, or a folder of Pensieve's `video_size_N`.
    Sized(PathBuf),
}

/// The qualities of the content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ladder {
    /// Its name.
    pub name: String,
    /// Lowest first.
    pub rungs: Vec<LadderRung>,
}

/// One quality that a ladder asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LadderRung {
    /// Picture width in pixels.
    pub width: u32,
    /// Picture height in pixels.
    pub height: u32,
    /// The mean bit rate to aim at.
    pub bitrate: BitRate,
}

/// The network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Topology {
    /// Its name.
    pub name: String,
    /// Its nodes.
    pub nodes: Vec<Host>,
    /// Its links.
    pub links: Vec<Link>,
}

/// A node: a network namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Host {
    /// Its name.
    pub name: String,
}

/// A link between two nodes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// Its name.
    pub name: String,
    /// The nodes at its ends.
    pub between: (String, String),
    /// From the first end to the second.
    pub forward: Shape,
    /// From the second end to the first.
    pub backward: Shape,
}

/// How one direction of a link treats packets, in this order: queue, rate, loss, delay with jitter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shape {
    /// The bottleneck's rate; `None` does not limit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rate: Option<Rate>,
    /// The one-way propagation delay.
    pub delay: Span,
    /// How much longer a packet may take: uniform from zero to this, each drawn by itself, and held
    /// back behind the one before it where it would overtake.
    pub jitter: Span,
    /// netem's own jitter: the delay is uniform within this much around [`Shape::delay`], and
    /// packets overtake each other. Zero where there is [`Shape::jitter`].
    pub reordering_jitter: Span,
    /// The depth of the buffer in front of the bottleneck.
    pub queue: Queue,
    /// Who is dropped from it.
    pub discipline: Discipline,
    /// Which packets are lost at random.
    pub loss: Loss,
}

/// The rate of a bottleneck.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Rate {
    /// The same always, counted over Ethernet frames.
    Constant(BitRate),
    /// As a trace has it, of the link's capacity or of one flow's goodput.
    Trace(Traced),
}

impl Rate {
    /// The rate, if it is always the same.
    pub const fn constant(&self) -> Option<BitRate> {
        match self {
            Self::Constant(rate) => Some(*rate),
            Self::Trace(_) => None,
        }
    }
}

impl Shape {
    /// The bottleneck's rate, if it has one that is always the same.
    pub fn constant_rate(&self) -> Option<BitRate> {
        self.rate.as_ref().and_then(Rate::constant)
    }
}

/// A trace that a link follows. The same trace in another form, or as another kind, is another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traced {
    /// The name of a trace in `topologies/traces`, or a path from the experiment's folder.
    pub trace: String,
    /// The form of the file.
    pub format: Format,
    /// What its rates are, where its form does not say so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<Kind>,
}

/// The queueing discipline of a bottleneck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Discipline {
    /// First in, first out; what finds the buffer full is dropped.
    #[serde(rename = "fifo")]
    Fifo,
    /// A queue for each flow, each with CoDel (RFC 8290, with its defaults: target 5 ms,
    /// interval 100 ms).
    #[serde(rename = "fq_codel")]
    FqCodel,
}

/// Which packets are lost at random.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Loss {
    /// Each with this probability, independently of the others.
    Independent(Ratio),
    /// In bursts.
    GilbertElliott(GilbertElliott),
}

/// The Gilbert-Elliott model of bursty loss: a link is in a good or in a bad state, and may change
/// it with every packet (Gilbert 1960, Elliott 1963; names as in tc-netem(8)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GilbertElliott {
    /// The probability of going from good to bad.
    pub p: Ratio,
    /// The probability of going from bad to good.
    pub r: Ratio,
    /// The probability of a loss while bad: 1 - h.
    pub loss_bad: Ratio,
    /// The probability of a loss while good: 1 - k.
    pub loss_good: Ratio,
}

impl Loss {
    /// No loss.
    pub const NONE: Self = Self::Independent(Ratio::ZERO);

    /// Whether no packet can be lost.
    pub fn is_none(&self) -> bool {
        match self {
            Self::Independent(share) => *share == Ratio::ZERO,
            Self::GilbertElliott(model) => {
                model.loss_good == Ratio::ZERO
                    && (model.loss_bad == Ratio::ZERO || model.p == Ratio::ZERO)
            }
        }
    }
}

/// The depth of a buffer; as text `"64 kB"` or `"1.5 bdp"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Queue {
    /// This many bytes.
    Bytes(Bytes),
    /// This share of the product of the link's rate and the round-trip time of the longest path
    /// between a player and its origin that uses the link, but at least [`Queue::LEAST`]. A link
    /// that nobody's path uses counts its own round-trip time.
    Bdp(Ratio),
}

/// TCP on every node. Each value is set explicitly: the kernel's own defaults depend on its
/// version and on the machine's memory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TcpProfile {
    /// `cubic`, `bbr` or `reno`.
    pub congestion_control: String,
    /// The largest receive buffer.
    pub receive_buffer: Bytes,
    /// The largest send buffer.
    pub send_buffer: Bytes,
    /// The initial congestion window in segments (RFC 6928: 10).
    pub initial_window: u64,
    /// Whether the window shrinks when a connection was idle (RFC 5681, section 4.1).
    pub slow_start_after_idle: bool,
    /// Explicit congestion notification.
    pub ecn: bool,
    /// Selective acknowledgements (RFC 2018).
    pub sack: bool,
}

/// An HTTP server of the content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// The node that it runs on.
    pub node: String,
    /// The service that runs there, and the kind of it: `nginx`.
    pub service: String,
}

/// A group of equal viewers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Players {
    /// The nodes that they run on, which they are dealt to in turn; at least one.
    pub nodes: Vec<String>,
    /// The node of the origin that they watch; of a live stream, that of the first of `streams`.
    pub origin: String,
    /// The services that they can watch a live stream at, the preferred one first; none of recorded
    /// content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub streams: Vec<String>,
    /// How many.
    pub count: u64,
    /// How they watch.
    pub viewing: Viewing,
}

impl Setup {
    /// What of it a lab does not have: in the fluid network there are no processes and no frames.
    pub(crate) fn lacks(&self, lab: LabName) -> Option<&'static str> {
        match lab {
            LabName::Uml | LabName::Host => None,
            LabName::Model if self.live.is_some() => Some("live streams"),
            LabName::Model if !self.faults.is_empty() => Some("faults"),
            LabName::Model => None,
        }
    }
}

impl Players {
    /// The node of the viewer of this number, counted from 0.
    pub fn node(&self, number: u64) -> &str {
        let nodes = self.nodes.len() as u64;
        let at = number.checked_rem(nodes).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.nodes.get(at)).map_or("", String::as_str)
    }
}

/// Why a plan cannot be moved to another lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// Its cells run in several labs.
    #[error(
        "the lab is an axis of the sweep (expected no other choice of it; 'lab=uml' selects cells)"
    )]
    Swept,
    /// The lab has nothing of a kind that the plan needs.
    #[error("the lab model has no {0} (expected uml or host)")]
    Lacks(&'static str),
}

impl Plan {
    /// The labs that its cells run in.
    pub fn labs(&self) -> BTreeSet<LabName> {
        self.cells.rows.iter().map(|row| row.lab).collect()
    }

    /// Runs every cell in this lab, whatever the experiment says.
    ///
    /// # Errors
    /// If the lab is an axis of the sweep, or lacks what a cell needs.
    pub fn run_in(&mut self, lab: LabName) -> Result<(), MoveError> {
        if self.axes.iter().any(|axis| axis.path == "lab") {
            return Err(MoveError::Swept);
        }
        if let Some(what) = self.cells().find_map(|cell| cell.setup.lacks(lab)) {
            return Err(MoveError::Lacks(what));
        }
        self.cells.rows.iter_mut().for_each(|row| row.lab = lab);
        Ok(())
    }

    /// The number of trials.
    pub fn len(&self) -> u64 {
        (self.cells.rows.len() as u64).saturating_mul(self.repeats)
    }

    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
