//! The links that do something to packets, all in one namespace.
//!
//! ```text
//!   node a             the namespace of the links                      node b
//!   [to-3] ── [a3]  ->  [x3: buffer, htb] ── [y3]  ->  [b3: netem] ── [to-3]     forward
//!   [to-3] ── [a3: netem]  <-  [x3] ── [y3: buffer, htb]  <-  [b3] ── [to-3]     backward
//! ```
//!
//! `──` is a virtual Ethernet pair, `->` a redirection; see [`DirectionQdiscs`] for what is at each
//! interface. The pair in the middle exists only where a direction has a rate. A link that a fault
//! is about is among them even if it does nothing, and has a netem in each direction: see
//! [`super::change`].
//!
//! Nothing is shaped in an endpoint's namespace: there TCP sees the queue of its own machine and
//! keeps it short (TCP small queues), and the bottleneck would not be one. And one namespace for
//! all links, not one for each: a namespace takes the kernel as long as everything else about a
//! link, and the counters of all links are two lists in one.

use super::counters::LinkCounters;
use super::qdiscs::{Bottleneck, DirectionQdiscs};
use crate::direction::{DIRECTIONS, PerDirection};
use crate::namespace::Namespace;
use crate::netlink::{
    self, Interface, Level, Netlink, PlacedQdisc, Qdiscs, Request, VethEnd, redirect, set_up,
    settle, verify, veth,
};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use weir_plan::Direction;

/// Interfaces in this namespace have indices from here on, four for each link.
const FIRST_INDEX: u32 = 100_000;

/// The namespace of all links that do something to packets. What each does, says its
/// [`super::LinkState`].
pub(crate) struct ShapingNamespace(Namespace);

/// A link to be made: its position in the topology, its name, the namespaces of its nodes and its
/// ends there, what it does.
pub(crate) struct ShapedLink<'a> {
    pub position: usize,
    pub name: &'a str,
    pub ends: PerDirection<(OwnedFd, VethEnd)>,
    pub qdiscs: PerDirection<DirectionQdiscs>,
}

/// What the kernel says of the namespace.
pub(crate) struct ShapingReadings {
    interfaces: BTreeMap<u32, Interface>,
    qdiscs: Qdiscs,
}

/// The four interfaces of a link.
#[derive(Clone, Copy)]
enum Side {
    A,
    B,
    X,
    Y,
}

/// The interfaces that one direction passes.
#[derive(Clone, Copy)]
struct Path {
    entry: u32,
    before: u32,
    behind: u32,
    exit: u32,
}

impl ShapingNamespace {
    /// Makes the interfaces of the links, and moves the calling thread into their namespace. Their
    /// ends in the nodes are left down. Gives netlink there as well.
    pub fn enter_new(links: &[ShapedLink<'_>]) -> Result<(Self, Netlink)> {
        let namespace = Namespace::enter_new("the links")?;
        let mut netlink = Netlink::open()?;
        for link in links {
            let what = || format!("make the link {}", link.name);
            netlink.execute(link.interfaces()).with_context(what)?;
        }
        Ok((Self(namespace), netlink))
    }

    /// Makes the link at this position in the topology do something else with what it has, and
    /// reads it back. Buffers stay as they are.
    pub fn change(
        &self,
        position: usize,
        name: &str,
        qdiscs: &PerDirection<DirectionQdiscs>,
    ) -> Result<()> {
        let mut requests = Vec::new();
        for direction in DIRECTIONS {
            let path = Path::of(position, direction);
            for place in path.changeable(&qdiscs[direction]) {
                requests.push(place.change()?);
            }
        }
        self.0.run(|| {
            let mut netlink = Netlink::open()?;
            netlink.execute(requests)?;
            let name = format!("the link {name}");
            let all = all_places(position, qdiscs).map(|place| (name.as_str(), place));
            verify(&mut netlink, &all.collect::<Vec<_>>())
        })
    }

    /// Asks the kernel for what all links count: two lists, whatever the number of links.
    pub fn read(&self) -> Result<ShapingReadings> {
        // Opened for each reading, because one that is left open keeps the namespace for longer
        // than its descriptor does: the kernel frees netlink late, and the two would not be
        // cleaned up in one go with the other namespaces.
        self.0.run(|| {
            let mut netlink = Netlink::open()?;
            let interfaces = netlink::list(&mut netlink)?;
            Ok(ShapingReadings { interfaces, qdiscs: Qdiscs::list(&mut netlink)? })
        })
    }
}

/// Makes the links do what they are to do, and reads it back. All ends are up: a qdisc that is set
/// before is not in use until the kernel gets to it.
pub(crate) fn shape_all(netlink: &mut Netlink, links: &[ShapedLink<'_>]) -> Result<()> {
    let names: Vec<_> = links.iter().map(|link| format!("the link {}", link.name)).collect();
    for (link, name) in links.iter().zip(&names) {
        let what = || format!("make {name}");
        netlink.execute(link.shaping().with_context(what)?).with_context(what)?;
    }
    let (mut all, mut first) = (Vec::new(), Vec::new());
    for ShapedLink { position, qdiscs, .. } in links {
        for direction in DIRECTIONS {
            let (path, qdiscs_there) = (Path::of(*position, direction), &qdiscs[direction]);
            all.push(path.exit);
            // All but Y come up before their peers.
            if qdiscs_there.netems().next().is_none() {
                first.push(path.exit);
            }
            if has_middle(qdiscs) {
                all.push(path.before);
                if direction == Direction::Forward && qdiscs_there.bottleneck.is_none() {
                    first.push(path.before);
                }
            }
        }
    }
    settle(netlink, &all, &first)?;
    let places = links.iter().zip(&names).flat_map(|(link, name)| {
        all_places(link.position, &link.qdiscs).map(|place| (name.as_str(), place))
    });
    verify(netlink, &places.collect::<Vec<_>>())
}

impl ShapedLink<'_> {
    fn interfaces(&self) -> Vec<Request> {
        let end = |side: Side, letter: char| VethEnd {
            name: format!("{letter}{}", self.position),
            index: index(self.position, side),
            // Locally administered, and seen by nobody.
            mac: [2, 1, 0, 0, 0, side as u8],
            gso_segments: None,
        };
        let [(node_a, port_a), (node_b, port_b)] = self.ends.each();
        let mut requests = vec![
            veth(&end(Side::A, 'a'), port_a, Some(node_a.as_fd())),
            veth(&end(Side::B, 'b'), port_b, Some(node_b.as_fd())),
        ];
        if has_middle(&self.qdiscs) {
            requests.push(veth(&end(Side::X, 'x'), &end(Side::Y, 'y'), None));
            requests.push(set_up(index(self.position, Side::Y)));
        }
        requests
    }

    fn shaping(&self) -> Result<Vec<Request>> {
        let mut requests = Vec::new();
        for direction in DIRECTIONS {
            let (path, qdiscs) = (Path::of(self.position, direction), &self.qdiscs[direction]);
            for place in path.all(qdiscs) {
                requests.extend(place.add()?);
            }
            if qdiscs.bottleneck.is_some() {
                requests.extend(redirect(path.entry, path.before));
                requests.extend(redirect(path.behind, path.exit));
            } else {
                requests.extend(redirect(path.entry, path.exit));
            }
        }
        Ok(requests)
    }
}

impl Path {
    fn of(position: usize, direction: Direction) -> Self {
        let [a, b, x, y] = [Side::A, Side::B, Side::X, Side::Y].map(|side| index(position, side));
        match direction {
            Direction::Forward => Self { entry: a, before: x, behind: y, exit: b },
            Direction::Backward => Self { entry: b, before: y, behind: x, exit: a },
        }
    }

    /// The qdiscs that change with a link.
    fn changeable(self, qdiscs: &DirectionQdiscs) -> impl Iterator<Item = PlacedQdisc<'_>> {
        let htb = qdiscs.bottleneck.as_ref().map(|bottleneck| PlacedQdisc {
            index: self.before,
            level: Level::Root,
            qdisc: &bottleneck.htb,
        });
        htb.into_iter().chain(self.netems(qdiscs))
    }

    /// All qdiscs of the direction, each behind what it hangs below.
    fn all(self, qdiscs: &DirectionQdiscs) -> impl Iterator<Item = PlacedQdisc<'_>> {
        let buffer = qdiscs.bottleneck.as_ref().map(|bottleneck| self.buffer(bottleneck));
        self.changeable(qdiscs).chain(buffer)
    }

    fn netems(self, qdiscs: &DirectionQdiscs) -> impl Iterator<Item = PlacedQdisc<'_>> {
        let levels = [Level::Root, Level::Leaf].into_iter();
        levels.zip(qdiscs.netems()).map(move |(level, netem)| PlacedQdisc {
            index: self.exit,
            level,
            qdisc: netem,
        })
    }

    /// The buffer, which hangs below the class of htb.
    fn buffer(self, Bottleneck { buffer, .. }: &Bottleneck) -> PlacedQdisc<'_> {
        PlacedQdisc { index: self.before, level: Level::Leaf, qdisc: buffer.qdisc() }
    }
}

/// All qdiscs of a link.
fn all_places(
    position: usize,
    qdiscs: &PerDirection<DirectionQdiscs>,
) -> impl Iterator<Item = PlacedQdisc<'_>> {
    let of = move |direction| Path::of(position, direction).all(&qdiscs[direction]);
    DIRECTIONS.into_iter().flat_map(of)
}

impl ShapingReadings {
    /// Counts for a direction of the link at this position in the topology, which has these qdiscs.
    pub fn count(
        &self,
        position: usize,
        direction: Direction,
        qdiscs: &DirectionQdiscs,
        mut counters: LinkCounters,
    ) -> Result<LinkCounters> {
        let path = Path::of(position, direction);
        let at = |index| self.interfaces.get(&index).context("an interface of a link is gone");
        let (entry, exit) = (at(path.entry)?, at(path.exit)?);
        counters.offered_packets = entry.received_packets;
        counters.packets = exit.sent_packets;
        counters.bytes = exit.sent_bytes;
        if let Some(bottleneck) = &qdiscs.bottleneck {
            let buffer = path.buffer(bottleneck);
            let found = self.qdiscs.find(&buffer).context("the buffer of a link is gone")?;
            let counted = buffer.qdisc.counts(&found.queue, found.own.as_ref())?;
            counters.queue_drops = counted.over_limit;
            counters.aqm_drops = counted.early_drops;
            counters.marks = counted.marks;
            counters.backlog = found.queue.backlog.into();
        }
        for netem in path.netems(qdiscs) {
            let found = self.qdiscs.find(&netem).context("a netem is gone")?;
            counters.losses += u64::from(found.queue.drops);
        }
        Ok(counters)
    }
}

fn has_middle(qdiscs: &PerDirection<DirectionQdiscs>) -> bool {
    qdiscs.each().into_iter().any(|direction| direction.bottleneck.is_some())
}

fn index(position: usize, side: Side) -> u32 {
    // At most a few hundred links.
    FIRST_INDEX + 4 * position as u32 + side as u32
}
