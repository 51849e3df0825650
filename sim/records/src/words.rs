//! The words of events and of faults: what stands in the tables `events` and `drills`, once.

use crate::schema::{Cell, Kind, Value};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What happened: the column `event` of the table `events`.
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
#[serde(into = "&'static str", try_from = "String")]
#[strum(serialize_all = "lowercase")]
pub enum EventKind {
    /// A service is ready.
    Ready,
    /// A service ended by itself, or by a fault.
    Ended,
    /// A service was started again.
    Started,
    /// A fault of the experiment begins.
    Fault,
    /// A fault is undone.
    #[strum(serialize = "fault over")]
    FaultOver,
    /// How much room live files take.
    Room,
    /// A switcher: an origin is bad.
    Bad,
    /// A switcher: an origin is good again.
    Good,
    /// A switcher left an origin for another.
    Failover,
    /// A switcher went back to the preferred origin.
    Switchback,
    /// A switcher has no good origin, and stays where it is.
    #[strum(serialize = "none good")]
    NoneGood,
    /// A switcher: an origin is ahead of or behind the others.
    Disagrees,
    /// A player or cross traffic missed a moment by over 10 ms.
    Late,
    /// It was asked for, and the lab `model` has it not.
    #[strum(serialize = "not modelled")]
    NotModelled,
    /// A bound is more than 1 % above what is known to be reachable.
    #[strum(serialize = "oracle gap")]
    OracleGap,
    /// There is no bound.
    #[strum(serialize = "no oracle")]
    NoOracle,
}

impl EventKind {
    /// Whether a switcher says it, about its origins.
    pub const fn is_of_switcher(self) -> bool {
        use EventKind::{Bad, Disagrees, Failover, Good, NoneGood, Switchback};
        matches!(self, Bad | Good | Failover | Switchback | NoneGood | Disagrees)
    }
}

impl TryFrom<String> for EventKind {
    type Error = strum::ParseError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Value for EventKind {
    const KIND: Kind = Kind::Text;
    fn cell(&self) -> Cell {
        Cell::Text(self.to_string())
    }
}

/// What a fault is: the word after `fault` in `[[events]]` of an experiment, and the first one of
/// the detail of its events.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "lowercase")]
pub enum FaultKind {
    /// A service is killed.
    Kill,
    /// A service stands still.
    Freeze,
    /// A service is asked to end, and started again at once.
    Restart,
    /// A link is down.
    Down,
    /// All links of a node are down.
    Partition,
    /// A link is different.
    Change,
    /// An origin answers with an HTTP status of failure.
    Status,
    /// Bodies of an origin end half-way.
    Truncate,
    /// Bodies of an origin come slowly.
    Trickle,
    /// Playlists of an origin are none.
    Corrupt,
    /// Playlists of an origin are empty.
    Empty,
    /// Times in an origin's playlists are too late.
    Ahead,
    /// Times in an origin's playlists are too early.
    Behind,
    /// The folder of live files is full.
    Full,
}

impl FaultKind {
    /// The kind of the fault that the detail of an event describes.
    pub fn of_detail(detail: &str) -> Option<Self> {
        detail.split(' ').next()?.parse().ok()
    }

    /// Whether it is over as soon as it is done: nothing of it is undone.
    pub const fn is_momentary(self) -> bool {
        matches!(self, Self::Restart)
    }
}

/// What a fault happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultTarget<'a> {
    /// The service of this name.
    Service(&'a str),
    /// The link of this name.
    Link(&'a str),
    /// The node of this name, with all its links.
    Node(&'a str),
}

impl FaultTarget<'_> {
    /// The name of what it is.
    pub const fn name(&self) -> &str {
        match self {
            Self::Service(name) | Self::Link(name) | Self::Node(name) => name,
        }
    }
}

impl fmt::Display for FaultTarget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::VariantArray;

    #[test]
    fn every_word_is_read_as_it_is_printed() {
        for kind in EventKind::VARIANTS {
            assert_eq!(kind.to_string().parse(), Ok(*kind));
            let json = serde_json::to_string(kind).unwrap();
            assert_eq!(json, format!("\"{kind}\""));
            assert_eq!(serde_json::from_str::<EventKind>(&json).unwrap(), *kind);
        }
        for kind in FaultKind::VARIANTS {
            assert_eq!(FaultKind::of_detail(&format!("{kind} for 1 %")), Some(*kind));
        }
        assert!(serde_json::from_str::<EventKind>("\"fault  over\"").is_err());
    }
}
