//! What happens to the network and to services, and when.

use crate::check::{Invalid, within};
use crate::kind::ServiceKind;
use crate::limits;
use crate::players::Players;
use crate::topology::{Link, Rate, Topology};
use serde::{Deserialize, Serialize};
use std::fmt;
use weir_records::{FaultKind, FaultTarget};
use weir_units::{BitRate, Ratio, Span};

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
    /// The folder of the live files of this service's node, which has so much room while nothing
    /// else is said, is full.
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

impl Fault {
    /// Refuses times at which nothing can happen.
    ///
    /// # Errors
    /// If nobody watches any more, and if it happens again before it is over.
    pub fn check_times(&self, players: &[Players]) -> Result<(), Invalid> {
        let Self { at, lasts, every, what } = self;
        let first = match at {
            Moment::Fixed(at) | Moment::Between(at, _) | Moment::Exponential(at, _) => at,
        };
        let longest = Players::longest_watch(players);
        if *first >= longest {
            let problem = format!("{first} is too late: nobody watches for longer than {longest}");
            return Err(Invalid::new(&["at"], problem));
        }
        match (lasts, every) {
            (Some(lasts), Some(every)) if lasts >= every => {
                let problem = format!("{lasts} is not over when it happens again, every {every}");
                Err(Invalid::new(&["for"], problem))
            }
            (None, Some(_)) if !matches!(what, What::Restart(_)) => {
                let problem = "it cannot happen again where nothing undoes it: \"for\" is missing";
                Err(Invalid::new(&["every"], problem))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a fault that no experiment has; `kind` tells what a service of a name is.
    pub(crate) fn check<'k>(
        &self,
        players: &[Players],
        topology: &Topology,
        kind: impl Fn(&str) -> Option<&'k ServiceKind>,
    ) -> Result<(), Invalid> {
        let Self { at, lasts, every, what } = self;
        match at {
            Moment::Fixed(at) => within("at", at, &limits::FAULT_TIMES)?,
            Moment::Between(from, to) => {
                within("to", to, &limits::FAULT_TIMES)?;
                if to <= from {
                    return Err(Invalid::new(&["to"], format_args!("{to} is not after {from}")));
                }
            }
            Moment::Exponential(after, mean) => {
                within("after", after, &limits::FAULT_TIMES)?;
                within("mean", mean, &limits::FAULT_LENGTHS)?;
            }
        }
        let range = |lasts| within("for", lasts, &limits::FAULT_LENGTHS);
        lasts.as_ref().map_or(Ok(()), range)?;
        every.as_ref().map_or(Ok(()), |every| within("every", every, &limits::FAULT_PERIODS))?;
        self.check_times(players)?;
        let there = match what {
            What::Kill(name) | What::Freeze(name) | What::Full(name) => kind(name).is_some(),
            What::Restart(name) => lasts.is_none() && kind(name).is_some(),
            What::Down(name) => topology.link(name).is_some(),
            What::Partition(name) => topology.nodes.iter().any(|node| node.name == *name),
            What::Change { link, .. } => {
                topology.link(link).map(|link| what.check_change(link)).transpose()?.is_some()
            }
            What::Answer { service, how, share } => {
                how.check()?;
                within("share", share, &limits::SHARES)?;
                let whole = how.has_share() || *share == Ratio::ONE;
                whole && kind(service).is_some_and(ServiceKind::is_origin)
            }
        };
        if there {
            return Ok(());
        }
        Err(Invalid::new(&["on"], format_args!("nothing of this can happen: {what:?}")))
    }
}

impl What {
    /// What kind of fault it is.
    pub const fn kind(&self) -> FaultKind {
        match self {
            Self::Kill(_) => FaultKind::Kill,
            Self::Freeze(_) => FaultKind::Freeze,
            Self::Restart(_) => FaultKind::Restart,
            Self::Down(_) => FaultKind::Down,
            Self::Partition(_) => FaultKind::Partition,
            Self::Change { .. } => FaultKind::Change,
            Self::Answer { how, .. } => how.kind(),
            Self::Full(_) => FaultKind::Full,
        }
    }

    /// What it happens to.
    pub fn target(&self) -> FaultTarget<'_> {
        match self {
            Self::Kill(name)
            | Self::Freeze(name)
            | Self::Restart(name)
            | Self::Full(name)
            | Self::Answer { service: name, .. } => FaultTarget::Service(name),
            Self::Down(name) | Self::Change { link: name, .. } => FaultTarget::Link(name),
            Self::Partition(name) => FaultTarget::Node(name),
        }
    }

    /// The service whose answers are wrong while it lasts, if it is about answers.
    pub fn spoils(&self) -> Option<&str> {
        match self {
            Self::Answer { service, .. } => Some(service),
            Self::Kill(_)
            | Self::Freeze(_)
            | Self::Restart(_)
            | Self::Down(_)
            | Self::Partition(_)
            | Self::Change { .. }
            | Self::Full(_) => None,
        }
    }

    /// The links that are not as the topology has them while it lasts, by their positions.
    pub fn links(&self, topology: &Topology) -> Vec<usize> {
        let fits = |link: &Link| match self.target() {
            FaultTarget::Link(name) => link.name == name,
            FaultTarget::Node(name) => link.between.0 == name || link.between.1 == name,
            FaultTarget::Service(_) => false,
        };
        let links = topology.links.iter().enumerate();
        links.filter(|(_, link)| fits(link)).map(|(at, _)| at).collect()
    }

    /// Refuses a change that this link cannot have. All else changes no link.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn check_change(&self, link: &Link) -> Result<(), Invalid> {
        let Self::Change { link: _, rate, delay, loss } = self else { return Ok(()) };
        if rate.is_none() && delay.is_none() && loss.is_none() {
            let problem = "nothing changes: expected a rate, a delay or a loss";
            return Err(Invalid::new(&["fault"], problem));
        }
        rate.as_ref().map_or(Ok(()), |rate| within("rate", rate, &limits::RATES))?;
        delay.as_ref().map_or(Ok(()), |delay| within("delay", delay, &limits::DELAYS))?;
        loss.as_ref().map_or(Ok(()), |loss| within("loss", loss, &limits::LOSSES))?;
        let shapes = [&link.forward, &link.backward];
        // Without a rate there is no buffer either, whose depth could stay.
        for shape in shapes.iter().filter(|_| rate.is_some()) {
            let problem = match shape.rate {
                Some(Rate::Constant(_)) => continue,
                Some(Rate::Trace(_)) => format!("that of {:?} follows a trace", link.name),
                None => format!("{:?} has none in its topology that could change", link.name),
            };
            return Err(Invalid::new(&["rate"], problem));
        }
        let jitters = shapes.map(|shape| shape.reordering_jitter);
        let least = jitters.into_iter().max().unwrap_or_default();
        match delay {
            Some(delay) if *delay < least => {
                let problem = format!("{delay} is less than the reordering_jitter, {least}");
                Err(Invalid::new(&["delay"], problem))
            }
            _ => Ok(()),
        }
    }
}

/// In words: its kind, and how much.
impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind())?;
        match self {
            Self::Change { link: _, rate, delay, loss } => {
                rate.map_or(Ok(()), |rate| write!(f, " to {rate}"))?;
                delay.map_or(Ok(()), |delay| write!(f, " to a delay of {delay}"))?;
                loss.map_or(Ok(()), |loss| write!(f, " to a loss of {loss}"))
            }
            Self::Answer { service: _, how, share } => {
                match how {
                    Wrong::Status(status) => write!(f, " {status}")?,
                    Wrong::Trickle(rate) => write!(f, " at {rate}")?,
                    Wrong::Ahead(by) | Wrong::Behind(by) => write!(f, " by {by}")?,
                    Wrong::Truncated | Wrong::Corrupt | Wrong::Empty => {}
                }
                if *share == Ratio::ONE { Ok(()) } else { write!(f, " for {share}") }
            }
            Self::Kill(_)
            | Self::Freeze(_)
            | Self::Restart(_)
            | Self::Down(_)
            | Self::Partition(_)
            | Self::Full(_) => Ok(()),
        }
    }
}

impl Wrong {
    const fn kind(self) -> FaultKind {
        match self {
            Self::Status(_) => FaultKind::Status,
            Self::Truncated => FaultKind::Truncate,
            Self::Trickle(_) => FaultKind::Trickle,
            Self::Corrupt => FaultKind::Corrupt,
            Self::Empty => FaultKind::Empty,
            Self::Ahead(_) => FaultKind::Ahead,
            Self::Behind(_) => FaultKind::Behind,
        }
    }

    /// Whether it can concern a share of the requests only.
    pub const fn has_share(self) -> bool {
        matches!(self, Self::Status(_) | Self::Truncated | Self::Trickle(_))
    }

    fn check(&self) -> Result<(), Invalid> {
        match self {
            Self::Status(status) => within("status", &u64::from(*status), &limits::STATUSES),
            Self::Trickle(rate) => within("rate", rate, &limits::RATES),
            Self::Ahead(by) | Self::Behind(by) => within("by", by, &limits::FAULT_LENGTHS),
            Self::Truncated | Self::Corrupt | Self::Empty => Ok(()),
        }
    }
}
