//! The links that do something to packets, all in one namespace.
//!
//! ```text
//!   node a             the namespace of the links                      node b
//!   [to-3] ── [a3]  ->  [x3: buffer, htb] ── [y3]  ->  [b3: netem] ── [to-3]     forward
//!   [to-3] ── [a3: netem]  <-  [x3] ── [y3: buffer, htb]  <-  [b3] ── [to-3]     backward
//! ```
//!
//! `──` is a virtual Ethernet pair, `->` a redirection; see [`Lane`] for what is at each interface.
//! The pair in the middle exists only where a direction has a rate. A link that a fault is about is
//! among them even if it does nothing, and has a netem in each direction: see [`crate::change`].
//!
//! Nothing is shaped in an endpoint's namespace: there TCP sees the queue of its own machine and
//! keeps it short (TCP small queues), and the bottleneck would not be one. And one namespace for
//! all links, not one for each: a namespace takes the kernel as long as everything else about a
//! link, and the counters of all links are two lists in one.

use crate::Namespace;
use crate::counters::LaneCounters;
use crate::interfaces;
use crate::lane::Lane;
use crate::netlink::{
    End, Mac, Netlink, Reported, Request, add_class, add_qdisc, change_class, change_qdisc,
    class_of, get_class, list_qdiscs, redirect, reported, set_up, veth,
};
use crate::qdisc::{Htb, Netem};
use anyhow::{Context, Result, ensure};
use netlink_packet_route::tc::TcHandle;
use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};

/// Interfaces in this namespace have indices from here on, four for each link.
const FIRST_INDEX: u32 = 100_000;
/// Handles of the qdiscs at an interface: the root, and what hangs below its class.
const ROOT: TcHandle = TcHandle { major: 1, minor: 0 };
const BELOW: TcHandle = TcHandle { major: 2, minor: 0 };
/// The only class of a netem, which is there without being made.
const NETEM_CLASS: u16 = 1;

/// All links that do something to packets.
pub(crate) struct Wires {
    namespace: Namespace,
    links: BTreeMap<usize, [Lane; 2]>,
}

/// A link to be made: its position in the topology, its name, its ends and the nodes' namespaces,
/// what it does.
pub(crate) struct Plan<'a> {
    pub position: usize,
    pub name: &'a str,
    pub ends: [(OwnedFd, End); 2],
    pub lanes: [Lane; 2],
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
struct Path {
    entry: u32,
    before: u32,
    behind: u32,
    exit: u32,
}

impl Wires {
    /// Makes the interfaces of the links, and moves the calling thread into their namespace. Their
    /// ends in the nodes are left down. Gives netlink there as well.
    pub fn enter_new(plans: &[Plan<'_>]) -> Result<(Self, Netlink)> {
        let namespace = Namespace::enter_new("the links")?;
        let mut netlink = Netlink::open()?;
        for plan in plans {
            let what = || format!("make the link {}", plan.name);
            netlink.execute(interfaces_of(plan)).with_context(what)?;
        }
        let links = plans.iter().map(|plan| (plan.position, plan.lanes)).collect();
        Ok((Self { namespace, links }, netlink))
    }

    /// Makes the links do what they are to do, and reads it back. All ends are up: a qdisc that is
    /// set before is not in use until the kernel gets to it.
    pub fn shape(&self, netlink: &mut Netlink, plans: &[Plan<'_>]) -> Result<()> {
        for plan in plans {
            let what = || format!("make the link {}", plan.name);
            netlink.execute(shaping(plan).with_context(what)?).with_context(what)?;
        }
        let (mut all, mut first) = (Vec::new(), Vec::new());
        for (position, lanes) in &self.links {
            let [forward, backward] = lanes;
            // All but Y come up before their peers.
            let without = |lane: &Lane| lane.netems().next().is_none();
            let mut sides = vec![(Side::A, without(backward)), (Side::B, without(forward))];
            if has_middle(lanes) {
                sides.push((Side::X, forward.bottleneck.is_none()));
                sides.push((Side::Y, false));
            }
            all.extend(sides.iter().map(|(side, _)| index(*position, *side)));
            let bare = sides.iter().filter(|(_, bare)| *bare);
            first.extend(bare.map(|(side, _)| index(*position, *side)));
        }
        interfaces::settle(netlink, &all, &first)?;
        let made: Vec<_> =
            plans.iter().map(|plan| (plan.position, plan.name, plan.lanes)).collect();
        verify(netlink, &made)
    }

    /// Makes the link at this position in the topology do something else with what it has, and
    /// reads it back.
    pub fn change(&self, position: usize, name: &str, lanes: &[Lane; 2]) -> Result<()> {
        let requests = changes(position, lanes)?;
        self.namespace.run(|| {
            let mut netlink = Netlink::open()?;
            netlink.execute(requests)?;
            verify(&mut netlink, &[(position, name, *lanes)])
        })
    }

    /// What both directions of each link have done, by the link's position in the topology: two
    /// lists of the kernel's, whatever the number of links.
    pub fn counters(&self) -> Result<BTreeMap<usize, [LaneCounters; 2]>> {
        // Opened for each reading, because one that is left open keeps the namespace for longer
        // than its descriptor does: the kernel frees netlink late, and the two would not be
        // cleaned up in one go with the other namespaces.
        let (interfaces, qdiscs) = self.namespace.run(|| {
            let mut netlink = Netlink::open()?;
            Ok((interfaces::list(&mut netlink)?, qdiscs(&mut netlink)?))
        })?;
        let count = |position: usize, lane: &Lane, which: usize| -> Result<LaneCounters> {
            let path = path(position, which);
            let at = |index| interfaces.get(&index).context("an interface of a link is gone");
            let (entry, exit) = (at(path.entry)?, at(path.exit)?);
            let mut counted = LaneCounters {
                offered_packets: entry.received_packets,
                packets: exit.sent_packets,
                bytes: exit.sent_bytes,
                ..LaneCounters::default()
            };
            let at = |index, handle| qdiscs.get(&(index, u32::from(handle)));
            if lane.bottleneck.is_some() {
                let queue = at(path.before, BELOW).context("the buffer of a link is gone")?;
                counted.queue_drops = queue.over_limit;
                counted.aqm_drops = queue.drops.saturating_sub(queue.over_limit);
                counted.marks = queue.marks;
                counted.backlog = queue.backlog;
            }
            for (handle, _) in [ROOT, BELOW].into_iter().zip(lane.netems()) {
                counted.losses += at(path.exit, handle).context("a netem is gone")?.drops;
            }
            Ok(counted)
        };
        let links = self.links.iter();
        links
            .map(|(position, [forward, backward])| {
                Ok((*position, [count(*position, forward, 0)?, count(*position, backward, 1)?]))
            })
            .collect()
    }

    /// Whether the link at this position in the topology is one of them.
    pub fn has(&self, position: usize) -> bool {
        self.links.contains_key(&position)
    }
}

fn has_middle(lanes: &[Lane; 2]) -> bool {
    lanes.iter().any(|lane| lane.bottleneck.is_some())
}

fn index(position: usize, side: Side) -> u32 {
    // At most a few hundred links.
    FIRST_INDEX + 4 * position as u32 + side as u32
}

fn path(position: usize, which: usize) -> Path {
    let [a, b, x, y] = [Side::A, Side::B, Side::X, Side::Y].map(|side| index(position, side));
    match which {
        0 => Path { entry: a, before: x, behind: y, exit: b },
        _ => Path { entry: b, before: y, behind: x, exit: a },
    }
}

fn interfaces_of(plan: &Plan<'_>) -> Vec<Request> {
    let end = |side: Side, letter: char| End {
        name: format!("{letter}{}", plan.position),
        index: index(plan.position, side),
        mac: inside(side),
        gso_segments: None,
    };
    let [(node_a, port_a), (node_b, port_b)] = &plan.ends;
    let mut requests = vec![
        veth(&end(Side::A, 'a'), port_a, Some(node_a.as_fd())),
        veth(&end(Side::B, 'b'), port_b, Some(node_b.as_fd())),
    ];
    if has_middle(&plan.lanes) {
        requests.push(veth(&end(Side::X, 'x'), &end(Side::Y, 'y'), None));
        requests.push(set_up(index(plan.position, Side::Y)));
    }
    requests
}

fn shaping(plan: &Plan<'_>) -> Result<Vec<Request>> {
    let mut requests = Vec::new();
    for (which, lane) in plan.lanes.iter().enumerate() {
        let Path { entry, before, behind, exit } = path(plan.position, which);
        if let Some(bottleneck) = &lane.bottleneck {
            let (htb, queue) = (&bottleneck.htb, &bottleneck.queue);
            let class = class_of(ROOT, Htb::CLASS);
            requests.push(add_qdisc(before, TcHandle::ROOT, ROOT, Htb::KIND, htb.encode_root()));
            requests.push(add_class(before, ROOT, class, Htb::KIND, htb.encode_class()?));
            requests.push(add_qdisc(before, class, BELOW, queue.kind(), queue.encode()?));
            requests.extend(redirect(entry, before));
            requests.extend(redirect(behind, exit));
        } else {
            requests.extend(redirect(entry, exit));
        }
        for ((parent, handle), netem) in netem_places().into_iter().zip(lane.netems()) {
            requests.push(add_qdisc(exit, parent, handle, Netem::KIND, netem.encode()?));
        }
    }
    Ok(requests)
}

/// Where the netems of a direction are at its last interface: parent and handle.
fn netem_places() -> [(TcHandle, TcHandle); 2] {
    [(TcHandle::ROOT, ROOT), (class_of(ROOT, NETEM_CLASS), BELOW)]
}

/// What has to be said so that a link which has all this does so with other values. Buffers stay as
/// they are.
fn changes(position: usize, lanes: &[Lane; 2]) -> Result<Vec<Request>> {
    let mut requests = Vec::new();
    for (which, lane) in lanes.iter().enumerate() {
        let Path { before, exit, .. } = path(position, which);
        if let Some(bottleneck) = &lane.bottleneck {
            let options = bottleneck.htb.encode_class()?;
            let class = class_of(ROOT, Htb::CLASS);
            requests.push(change_class(before, ROOT, class, Htb::KIND, options));
        }
        for ((parent, handle), netem) in netem_places().into_iter().zip(lane.netems()) {
            requests.push(change_qdisc(exit, parent, handle, Netem::KIND, netem.encode()?));
        }
    }
    Ok(requests)
}

/// Hardware addresses inside the namespace: locally administered, and seen by nobody.
fn inside(side: Side) -> Mac {
    [2, 1, 0, 0, 0, side as u8]
}

/// Reads everything back: links by position and name, and what they do.
fn verify(netlink: &mut Netlink, made: &[(usize, &str, [Lane; 2])]) -> Result<()> {
    let qdiscs = qdiscs(netlink)?;
    let at = |index: u32, handle: TcHandle, kind: &str| {
        let found = qdiscs.get(&(index, u32::from(handle)));
        let found = found.with_context(|| format!("the kernel reports no {kind}"))?;
        ensure!(found.kind == kind, "the kernel reports {} instead of {kind}", found.kind);
        Ok(found)
    };
    let mut classes = Vec::new();
    for (position, name, lanes) in made {
        let what = || format!("verify the link {name}");
        for (which, lane) in lanes.iter().enumerate() {
            let path = path(*position, which);
            if let Some(bottleneck) = &lane.bottleneck {
                let queue = &bottleneck.queue;
                let found = at(path.before, BELOW, queue.kind()).with_context(what)?;
                queue.verify(&found.options).with_context(what)?;
                classes.push((path.before, bottleneck.htb, name));
            }
            for (handle, netem) in [ROOT, BELOW].into_iter().zip(lane.netems()) {
                let found = at(path.exit, handle, Netem::KIND).with_context(what)?;
                netem.verify(&found.options).with_context(what)?;
            }
        }
    }
    let class = class_of(ROOT, Htb::CLASS);
    let asked = classes.iter().map(|(index, ..)| get_class(*index, class)).collect();
    let mut found = BTreeMap::new();
    netlink.get(asked, |_, payload| {
        let reported = reported(payload)?;
        found.insert(reported.index, reported.options);
        Ok(())
    })?;
    for (index, htb, name) in classes {
        let what = || format!("verify the link {name}");
        let options = found.get(&index).context("the kernel does not report the class of htb");
        htb.verify_class(options.with_context(what)?).with_context(what)?;
    }
    Ok(())
}

/// The qdiscs of a namespace by interface and handle.
fn qdiscs(netlink: &mut Netlink) -> Result<BTreeMap<(u32, u32), Reported>> {
    let found = netlink.list(list_qdiscs(), |_, payload| reported(payload))?;
    Ok(found.into_iter().map(|qdisc| ((qdisc.index, qdisc.handle), qdisc)).collect())
}
