//! What follows from a plan's network: who reaches whom, and how deep buffers are.

use crate::plan::{Link, Queue, Setup, Shape, Topology};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::str::FromStr;
use weir_units::{Bytes, Ratio, Span};

/// A direction of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// From the first of the nodes that the link is between to the second.
    Forward,
    /// From the second to the first.
    Backward,
}

impl Link {
    /// How it treats packets in this direction.
    pub fn shape(&self, direction: Direction) -> &Shape {
        match direction {
            Direction::Forward => &self.forward,
            Direction::Backward => &self.backward,
        }
    }

    /// The delays of both directions.
    fn round_trip(&self) -> Span {
        self.forward.delay.saturating_add(self.backward.delay)
    }
}

impl Topology {
    /// The way of a packet from one node to another, with the fewest links: each by its position
    /// in `links`, and the direction in which the packet passes it. `None` if there is no way, or
    /// no such node.
    pub fn path(&self, from: &str, to: &str) -> Option<Vec<(usize, Direction)>> {
        let known = |name| self.nodes.iter().any(|node| node.name == name);
        if !known(from) || !known(to) {
            return None;
        }
        // How each node was reached first: from where, and over which link.
        let mut reached: BTreeMap<&str, (&str, usize, Direction)> = BTreeMap::new();
        let mut waiting = VecDeque::from([from]);
        while let Some(here) = waiting.pop_front() {
            if here == to {
                break;
            }
            for (index, link) in self.links.iter().enumerate() {
                let (a, b) = (link.between.0.as_str(), link.between.1.as_str());
                let (there, direction) = match here {
                    _ if here == a => (b, Direction::Forward),
                    _ if here == b => (a, Direction::Backward),
                    _ => continue,
                };
                if there != from && !reached.contains_key(there) {
                    reached.insert(there, (here, index, direction));
                    waiting.push_back(there);
                }
            }
        }
        let mut path = Vec::new();
        let mut here = to;
        while here != from {
            let (before, link, direction) = reached.get(here)?;
            path.push((*link, *direction));
            here = before;
        }
        path.reverse();
        Some(path)
    }
}

impl Setup {
    /// The depth of the buffer in front of a link's bottleneck, the link by its position in the
    /// topology; see [`Queue`]. `None` for a direction without a rate limit, which has no queue,
    /// and for a link that does not exist.
    pub fn queue_bytes(&self, link: usize, direction: Direction) -> Option<Bytes> {
        let shape = self.topology.links.get(link)?.shape(direction);
        let rate = shape.rate?;
        Some(match shape.queue {
            Queue::Bytes(bytes) => bytes,
            Queue::Bdp(share) => {
                // At most 10^10 bit/s, 64 links of 20 s and 10^11 parts per 10^9: far below 2^128.
                let bits_ns = u128::from(rate.bps()) * u128::from(self.round_trip(link).ns());
                let bytes = bits_ns.saturating_mul(u128::from(share.ppb())) / BITS_NS_PPB_PER_BYTE;
                Bytes::new(u64::try_from(bytes).unwrap_or(u64::MAX)).max(Queue::LEAST)
            }
        })
    }

    /// The round-trip time of the longest path between a player and its origin that uses `link`.
    fn round_trip(&self, link: usize) -> Span {
        let links = &self.topology.links;
        let ways = self.players.iter().flat_map(|p| p.nodes.iter().map(|node| (&p.origin, node)));
        let paths = ways.filter_map(|(origin, node)| self.topology.path(origin, node));
        let uses = paths.filter(|path| path.iter().any(|(used, _)| *used == link));
        let round_trips = uses.map(|path| {
            path.iter()
                .map(|(used, _)| links[*used].round_trip())
                .fold(Span::ZERO, Span::saturating_add)
        });
        round_trips.max().unwrap_or_else(|| links[link].round_trip())
    }
}

/// 8 bits per byte, 10^9 ns per second, 10^9 parts per whole.
const BITS_NS_PPB_PER_BYTE: u128 = 8 * 1_000_000_000 * 1_000_000_000;

impl Queue {
    /// Ten full Ethernet frames: a shallower buffer drops the initial window's own burst.
    pub const LEAST: Bytes = Bytes::new(10 * 1514);

    /// One full Ethernet frame: nothing passes a shallower buffer.
    const FRAME: Bytes = Bytes::new(1514);

    /// The largest share: 100 bandwidth-delay products.
    const MOST_BDP: Ratio = Ratio::from_ppb(100_000_000_000);
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => bytes.fmt(f),
            Self::Bdp(share) => {
                let (whole, part) = (share.ppb() / 1_000_000_000, share.ppb() % 1_000_000_000);
                let part = format!(".{part:09}");
                let part = part.trim_end_matches('0').trim_end_matches('.');
                write!(f, "{whole}{part} bdp")
            }
        }
    }
}

/// Why a text is not the depth of a buffer; to be read after the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} (expected bytes such as \"64 kB\" or bandwidth-delay products such as \"1.5 bdp\")")]
pub struct QueueError(&'static str);

impl FromStr for Queue {
    type Err = QueueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const NO_DEPTH: QueueError = QueueError("is no depth of a buffer");
        let Some(number) = text.trim().strip_suffix("bdp") else {
            let bytes: Bytes = text.parse().map_err(|_| NO_DEPTH)?;
            return if bytes >= Self::FRAME {
                Ok(Self::Bytes(bytes))
            } else {
                Err(QueueError("is less than a full Ethernet frame, 1514 B"))
            };
        };
        // A hundredth of the share is a percentage, which can be read exactly.
        let percent: Ratio = format!("{}%", number.trim()).parse().map_err(|_| NO_DEPTH)?;
        let share = percent.ppb().checked_mul(100).map(Ratio::from_ppb);
        match share.filter(|share| *share > Ratio::ZERO && *share <= Self::MOST_BDP) {
            Some(share) => Ok(Self::Bdp(share)),
            None => Err(QueueError("is out of range, above 0 and up to 100 bdp")),
        }
    }
}

impl TryFrom<String> for Queue {
    type Error = QueueError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Queue> for String {
    fn from(queue: Queue) -> Self {
        queue.to_string()
    }
}
