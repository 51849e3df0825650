//! What is built and run in a trial.

use crate::faults::Fault;
use crate::media::{Media, Source};
use crate::players::Players;
use crate::services::{Live, Service};
use crate::tcp::TcpProfile;
use crate::topology::Topology;
use crate::traffic::Traffic;
use serde::{Deserialize, Serialize};
use weir_core::QoePreset;
use weir_units::{BitRate, Span};

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

/// How much is kept of each session.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Keep {
    /// Its own row.
    Sessions,
    /// Also those of its requests and of its stalls, and the counters of links.
    #[default]
    Segments,
}

/// Where a trial runs.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum LabName {
    /// The fluid network.
    Model,
    /// A Linux guest in virtual time.
    Uml,
    /// This machine's kernel.
    Host,
}

/// Whether repeats differ in what a viewer cannot know: when each presses play, where the content
/// begins, and how long an endpoint takes for a packet.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Phase {
    /// All of it is drawn from the repeat's seed.
    Random,
    /// None of it: viewers start at once, with the first segment, and endpoints take no time.
    Fixed,
}

/// An HTTP server of the content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// The node that it runs on.
    pub node: String,
    /// The service that runs there, and the kind of it: `nginx`.
    pub service: String,
}

impl Setup {
    /// What of it a lab does not have: in the fluid network there are no processes and no frames.
    pub fn lacks(&self, lab: LabName) -> Option<&'static str> {
        match lab {
            LabName::Uml | LabName::Host => None,
            LabName::Model if self.live.is_some() => Some("live streams"),
            LabName::Model if !self.faults.is_empty() => Some("faults"),
            LabName::Model => None,
        }
    }

    /// Refuses a setup for which a QoE is not defined; of a size table, the ladder is in its file.
    /// Of a live stream, and of links that faults change, nobody has computed what can be reached.
    ///
    /// # Errors
    /// If it is not.
    pub fn check_oracle(&self, oracle: QoePreset) -> Result<(), String> {
        let Self { media, live, faults, .. } = self;
        if live.is_some() || !faults.is_empty() {
            let what = if live.is_some() { "live streams" } else { "faults" };
            return Err(format!("the oracle knows nothing of {what}"));
        }
        if let Source::Sized(_) = media.source {
            return Ok(());
        }
        let rates: Vec<BitRate> = media.ladder.rungs.iter().map(|rung| rung.bitrate).collect();
        let qoe = oracle.qoe(&rates, media.segment);
        let name = &media.ladder.name;
        qoe.map(drop)
            .map_err(|error| format!("the oracle does not fit the ladder {name:?}: {error}"))
    }
}
