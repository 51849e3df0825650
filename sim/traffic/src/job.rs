//! What one process serves: plain data, handed over as JSON.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use weir_units::{BitRate, Bytes, Seed, Span, Time};

/// The most flow ends of one process: each holds up to four descriptors, and the usual limit is
/// 1024.
pub const MAX_FLOWS: usize = 200;

/// The flow ends of one process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The start of the trial: CLOCK_MONOTONIC in nanoseconds.
    pub epoch: u64,
    /// The flow ends; at most [`MAX_FLOWS`].
    pub flows: Vec<FlowJob>,
}

/// One end of a flow. The job of the other end is the same but for [`FlowJob::role`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowJob {
    /// The `[[traffic]]` of the experiment, counted from 0.
    pub traffic: u64,
    /// The flow within it, counted from 0.
    pub flow: u64,
    /// Which end this is.
    pub role: Role,
    /// What the flow is.
    pub kind: Kind,
    /// The node that sends.
    pub from: String,
    /// The node that receives.
    pub to: String,
    /// Where the end that listens is reached: [`Kind::listener`]. It listens as soon as its process
    /// runs; the other end calls at the start of the flow.
    pub address: SocketAddr,
    /// When the flow begins, since the start of the trial.
    pub start: Time,
    /// When it ends, since the start of the trial.
    pub end: Time,
    /// The origin of what is drawn for this flow; the same at both ends.
    pub seed: Seed,
    /// Whether what would lock flows in phase is drawn: when the first datagram is sent (uniform
    /// over one interval), and when a web user first asks for something (after one pause). If not,
    /// both happen at the start.
    pub random_phase: bool,
}

/// An end of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The end whose payload it is.
    Send,
    /// The end that counts it.
    Receive,
}

/// A kind of flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Kind {
    /// A TCP connection that always has something to send.
    Tcp {
        /// Its congestion control, such as `cubic`.
        congestion_control: String,
    },
    /// Datagrams at a constant rate.
    Udp {
        /// Counted over Ethernet frames.
        rate: BitRate,
        /// A frame: Ethernet (14 bytes), IP (20) and UDP (8) headers and the payload.
        packet: Bytes,
    },
    /// A user who downloads an object, thinks, and downloads the next.
    Web {
        /// The mean size of an object.
        size: Bytes,
        /// The mean pause between the last byte of an object and the request for the next.
        pause: Span,
        /// The server's congestion control.
        congestion_control: String,
    },
}

impl Kind {
    /// What it is called in the table `flows`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Tcp { .. } => "tcp",
            Self::Udp { .. } => "udp",
            Self::Web { .. } => "web",
        }
    }

    /// The end that listens at [`FlowJob::address`]; the other one calls.
    pub const fn listener(&self) -> Role {
        match self {
            Self::Tcp { .. } | Self::Udp { .. } => Role::Receive,
            Self::Web { .. } => Role::Send,
        }
    }
}

impl FlowJob {
    /// What both ends put at the beginning of what they say, so that neither a probe nor a stranger
    /// on the port is taken for the other end.
    pub(crate) fn tag(&self) -> u64 {
        let Self { traffic, flow, seed, .. } = self;
        seed.derive(&format!("tag of traffic {traffic} flow {flow}")).get()
    }
}
