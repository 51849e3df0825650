//! Traffic that is nobody's stream.

use crate::check::{Invalid, known, within};
use crate::limits;
use crate::players::Players;
use serde::{Deserialize, Serialize};
use weir_units::{BitRate, Bytes, Span};

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

impl Traffic {
    /// Refuses traffic that begins when nobody is there any more: a trial ends with its last
    /// viewer.
    ///
    /// # Errors
    /// If it does.
    pub fn check_start(&self, players: &[Players]) -> Result<(), Invalid> {
        let (start, longest) = (self.start, Players::longest_watch(players));
        if start < longest {
            return Ok(());
        }
        let problem = format!("{start} is too late: nobody watches for longer than {longest}");
        Err(Invalid::new(&["start"], problem))
    }

    pub(crate) fn check(&self) -> Result<(), Invalid> {
        within("start", &self.start, &limits::TRAFFIC_STARTS)?;
        let length = |length| within("length", length, &limits::TRAFFIC_LENGTHS);
        self.length.as_ref().map_or(Ok(()), length)?;
        within("count", &self.count, &limits::TRAFFIC_COUNTS)?;
        let control = |name: &str| known("congestion_control", name, &limits::CONGESTION_CONTROLS);
        match &self.kind {
            TrafficKind::Udp { rate, packet } => {
                within("rate", rate, &limits::RATES)?;
                within("packet", packet, &limits::PACKETS)
            }
            TrafficKind::Tcp { congestion_control } => control(congestion_control),
            TrafficKind::Web { size, pause, congestion_control } => {
                within("size", size, &limits::OBJECTS)?;
                within("pause", pause, &limits::PAUSES)?;
                control(congestion_control)
            }
        }
    }
}
