//! What a plan says of a live stream: the services that make it, and what happens to them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use weir_units::{BitRate, Bytes, Ratio, Span};

/// A live stream. Its content is encoded, or made ready to be encoded, before the trial, and is
/// published in real time, over and over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Live {
    /// The publish key: a part of the stream's path, so that each stream has folders of its own.
    pub key: String,
    /// Segments that a playlist lists.
    pub window: u64,
}

/// A process that runs on a node for as long as the trial does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name, unique in the trial.
    pub name: String,
    /// The node that it runs on. Services on one node share the folder of its live files.
    pub node: String,
    /// What it is: the name of a [`ServiceKind`] of the plan.
    pub run: String,
    /// The services that it takes from, by their names, the preferred one first.
    pub upstream: Vec<String>,
    /// Values for the settings of its kind; the others have their defaults.
    pub settings: BTreeMap<String, String>,
}

/// A kind of service: a file `topologies/services/NAME.toml`, whose FORMAT.md says what the keys are and
/// which words are filled in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceKind {
    /// What it is, in a sentence.
    pub about: String,
    /// The executable; `{weir}` is this program.
    pub program: String,
    /// The command line.
    pub command: Vec<String>,
    /// The command that tells the version, in its first line.
    pub version: Vec<String>,
    /// The TCP port at which it listens; none if it serves nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The port of a health endpoint that stands beside it: what is wrong with its live files and its
    /// processes, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<u16>,
    /// Whether players can watch there: it serves HLS over HTTP.
    #[serde(default)]
    pub watchable: bool,
    /// How many others it takes from.
    #[serde(default)]
    pub upstream: Upstream,
    /// How long it may take until it is ready.
    pub ready_within: Span,
    /// What shows that it is ready.
    #[serde(default)]
    pub ready: Ready,
    /// How long it may take to end when it is asked to.
    pub stop_within: Span,
    /// It is started again so long after it ended by itself or was killed by something else than a
    /// fault; without it, its end is the end of the trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<Span>,
    /// Capabilities that it has besides those that every program has, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// What an experiment can set, with the defaults.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// For each amount of logging, words and what stands for them.
    #[serde(default)]
    pub logs: BTreeMap<String, BTreeMap<String, String>>,
    /// Texts that are repeated for each of something, by the word that stands for all of them.
    #[serde(default)]
    pub each: BTreeMap<String, Each>,
    /// Files that are written into the folder of its run-time files before it starts.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

/// How many services one takes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Upstream {
    /// None.
    #[default]
    None,
    /// One.
    One,
    /// One or more.
    Some,
}

/// What shows that a service is ready.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Ready {
    /// It accepts connections at its port.
    #[default]
    Accepts,
    /// This file is there.
    File(String),
    /// It runs.
    Runs,
}

/// A text that is repeated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Each {
    /// For each of what.
    pub of: Of,
    /// The text, in which words about the one are filled in.
    pub text: String,
    /// The text for all but the first, if that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others: Option<String>,
}

/// What a text is repeated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Of {
    /// Each service that it takes from: `{index} {name} {node} {address} {port}`.
    Upstream,
    /// Each rung of the ladder, the lowest first: `{index} {width} {height} {bits}` (the peak in
    /// bit/s) and `{mean}`.
    Rungs,
}

/// Something that happens to the network or to a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// When, from the start of the trial.
    pub at: Moment,
    /// How long after that it is undone; `None`: it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Span>,
    /// It happens again so long after it began, for as long as somebody watches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Span>,
    /// What.
    pub what: What,
}

/// A moment of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moment {
    /// The same in each repeat.
    Fixed(Span),
    /// Drawn from the repeat's seed, uniform.
    Between(Span, Span),
    /// The first span, and then a time drawn from the repeat's seed, exponential with the second as
    /// its mean.
    Exponential(Span, Span),
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// A service is killed (SIGKILL), with all that it started; undone: it is started again.
    Kill(String),
    /// A service stands still (SIGSTOP); undone: it goes on (SIGCONT).
    Freeze(String),
    /// A service is asked to end, and started again at once.
    Restart(String),
    /// A link is down.
    Down(String),
    /// All links of a node are down.
    Partition(String),
    /// A link is different, in both directions.
    Change {
        /// The link.
        link: String,
        /// Its rate, over Ethernet frames.
        rate: Option<BitRate>,
        /// Its one-way delay.
        delay: Option<Span>,
        /// The share of packets that is lost.
        loss: Option<Ratio>,
    },
    /// A server of HLS answers wrongly.
    Answer {
        /// The service.
        service: String,
        /// How.
        how: Wrong,
        /// The share of the requests that it concerns, drawn at random.
        share: Ratio,
    },
    /// The folder of the live files of this service's node, which has so much room while nothing else
    /// is said, is full.
    Full(String),
}

/// How a server answers wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wrong {
    /// With this HTTP status, 500 to 599, and nothing else.
    Status(u16),
    /// Bodies end half-way, and the connection with them.
    Truncated,
    /// Bodies come at this rate.
    Trickle(BitRate),
    /// Playlists are bytes that are no playlist.
    Corrupt,
    /// Playlists are empty.
    Empty,
    /// EXT-X-PROGRAM-DATE-TIME is later by this.
    Ahead(Span),
    /// EXT-X-PROGRAM-DATE-TIME is earlier by this.
    Behind(Span),
}

/// The room in the folder of a node's live files.
pub const LIVE_ROOM: Bytes = Bytes::new(256 << 20);
