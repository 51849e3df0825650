//! A whole network: a topology of nodes and links on this kernel.
//!
//! A node has one address, on its loopback interface, by which all others know it. Links carry no
//! addresses of their own: routes name the neighbour's address, and where the neighbour is, is
//! told in advance. So a path through any number of nodes needs two entries per node and
//! destination, and no packet ever waits for ARP.

use crate::change::{LinkChange, Making, Now, changing};
use crate::counters::{LaneCounters, LinkCounters};
use crate::lane::Lane;
use crate::namespace::on_a_thread;
use crate::netlink::{End, Mac, Request, veth};
use crate::node::{Draft, Node, Port, Route, gso_segments};
use crate::processing::{self, processing_times};
use crate::wires::{Plan, Wires};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use weir_plan::{Direction, Link, Setup, Shape};
use weir_units::{Seed, Span};

/// A network that is up. Dropping it frees everything.
pub struct Network {
    links: Vec<NetworkLink>,
    nodes: BTreeMap<String, Node>,
    /// The links that do something, if there are any.
    wires: Option<Wires>,
}

struct NetworkLink {
    name: String,
    between: (String, String),
    shapes: [Shape; 2],
    making: [Making; 2],
    /// How it is now, if it can change.
    now: Option<Mutex<Now>>,
}

/// Interfaces of nodes have indices from here on, two for each link.
const FIRST_PORT: u32 = 10_000;

impl Network {
    /// Builds the network of `setup` on this kernel. Random streams derive from `seed`.
    ///
    /// # Errors
    /// If the kernel lacks something or refuses; whatever was made by then is freed.
    pub fn build(setup: &Setup, seed: Seed) -> Result<Self> {
        // The thread goes from namespace to namespace and makes them: its sockets stay behind.
        on_a_thread(|| Self::build_here(setup, seed))
    }

    fn build_here(setup: &Setup, seed: Seed) -> Result<Self> {
        let topology = &setup.topology;
        let mut drafts = BTreeMap::new();
        for (index, host) in (0u32..).zip(&topology.nodes) {
            let forwards =
                topology.links.iter().filter(|link| ends_at(link, &host.name)).count() > 1;
            let draft = Draft::enter_new(&host.name, node_address(index), &setup.tcp, forwards)
                .with_context(|| format!("make the node {}", host.name))?;
            drafts.insert(host.name.clone(), draft);
        }

        let endpoints = processing_times(setup);
        let queues = setup.queues();
        let changing = changing(setup)?;
        let mut links = Vec::new();
        let mut shaped = Vec::new();
        for (position, link) in topology.links.iter().enumerate() {
            let shapes = [link.forward.clone(), link.backward.clone()];
            let queues = queues.get(position).copied().unwrap_or_default();
            let making = |which: usize, label| {
                let seed = seed.derive(&format!("link {} {label}", link.name));
                Making { queue: queues[which], ecn: setup.tcp.ecn, seed }
            };
            let making = [making(0, "forward"), making(1, "backward")];
            let now = changing.contains(&position).then(|| Now::new(shapes.clone()));
            let lanes = match &now {
                Some(now) => now.lanes(&making),
                None => as_they_are(&shapes, &making),
            };
            let lanes = lanes.with_context(|| format!("make the link {}", link.name))?;
            let (a, b) = (&link.between.0, &link.between.1);
            let ends = ports(&mut drafts, &endpoints, seed, position, link, &lanes)?;
            if lanes.iter().all(Lane::is_plain) {
                let into = drafts.get(b).context("a link ends nowhere")?.node();
                let request = veth(&ends[0], &ends[1], Some(into.namespace().descriptor()));
                execute(&mut drafts, a, vec![request])?;
            } else {
                shaped.push((position, link, ends, lanes));
            }
            let between = link.between.clone();
            let now = now.map(Mutex::new);
            links.push(NetworkLink { name: link.name.clone(), between, shapes, making, now });
        }

        let mut plans = Vec::new();
        for (position, link, [end_a, end_b], lanes) in shaped {
            let into = |name: &str| {
                let node = drafts.get(name).context("a link ends nowhere")?.node();
                node.namespace().descriptor().try_clone_to_owned().context("hold a namespace")
            };
            let ends = [(into(&link.between.0)?, end_a), (into(&link.between.1)?, end_b)];
            plans.push(Plan { position, name: &link.name, ends, lanes });
        }
        let wires = if plans.is_empty() { None } else { Some(Wires::enter_new(&plans)?) };
        for draft in drafts.values_mut() {
            draft.set_up()?;
        }
        // From here on everything is up.
        let wires = match wires {
            Some((wires, mut netlink)) => {
                wires.shape(&mut netlink, &plans)?;
                Some(wires)
            }
            None => None,
        };
        connect(&mut drafts, setup)?;
        let nodes = drafts.into_iter().map(|(name, draft)| Ok((name, draft.finish()?)));
        let nodes = nodes.collect::<Result<_>>()?;
        Ok(Self { links, nodes, wires })
    }

    /// A node by its name.
    ///
    /// # Errors
    /// If the topology has none of this name.
    pub fn node(&self, name: &str) -> Result<&Node> {
        self.nodes.get(name).with_context(|| format!("the topology has no node \"{name}\""))
    }

    /// All nodes, ordered by name.
    pub fn nodes(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.nodes.iter().map(|(name, node)| (name.as_str(), node))
    }

    /// The names of the links of a node, in the order of the topology.
    pub fn links_of(&self, node: &str) -> Vec<&str> {
        let links = self.links.iter();
        let of_it = links.filter(|link| link.between.0 == node || link.between.1 == node);
        of_it.map(|link| link.name.as_str()).collect()
    }

    /// Changes a link while packets pass. It can be one that a fault of the setup is about: others
    /// lack what it takes.
    ///
    /// # Errors
    /// For a link that cannot change, or not in this way, and if the kernel refuses.
    pub fn change(&self, link: &str, change: &LinkChange) -> Result<()> {
        let what = || format!("change the link {link}");
        let found = self.links.iter().enumerate().find(|(_, known)| known.name == link);
        let (position, found) = found.with_context(|| format!("there is no link \"{link}\""))?;
        let (Some(now), Some(wires)) = (&found.now, &self.wires) else {
            bail!("{}: no fault of the experiment is about it", what());
        };
        let mut now = held(now);
        let then = now.changed(change, &found.shapes).with_context(what)?;
        let lanes = then.lanes(&found.making).with_context(what)?;
        wires.change(position, link, &lanes).with_context(what)?;
        *now = then;
        Ok(())
    }

    /// The counters of every direction of every link, in the order of the topology.
    ///
    /// It is made for being called often: two lists of the kernel's for all links that do
    /// something, and one question for each that does nothing.
    ///
    /// # Errors
    /// If the kernel does not answer.
    pub fn link_counters(&self) -> Result<Vec<LinkCounters>> {
        let mut counted = match &self.wires {
            Some(wires) => wires.counters().context("read the counters of links")?,
            None => BTreeMap::new(),
        };
        counted.extend(self.plain_counters().context("read the counters of links")?);
        let mut all = Vec::new();
        for (position, link) in self.links.iter().enumerate() {
            let lanes = counted.get(&position).context("a link is gone")?;
            let (a, b) = (&link.between.0, &link.between.1);
            let shapes = match &link.now {
                Some(now) => held(now).shapes.clone(),
                None => link.shapes.clone(),
            };
            for (which, (from, to)) in [(a, b), (b, a)].into_iter().enumerate() {
                let lane = lanes[which];
                all.push(LinkCounters {
                    link: link.name.clone(),
                    from: from.clone(),
                    to: to.clone(),
                    shape: shapes[which].clone(),
                    queue: link.making[which].queue,
                    offered_packets: lane.offered_packets,
                    packets: lane.packets,
                    bytes: lane.bytes,
                    queue_drops: lane.queue_drops,
                    aqm_drops: lane.aqm_drops,
                    marks: lane.marks,
                    losses: lane.losses,
                    backlog: lane.backlog,
                });
            }
        }
        Ok(all)
    }

    /// A plain pair counts at its first end: what it sent is what was delivered forward, and what it
    /// received is what was delivered backward.
    fn plain_counters(&self) -> Result<Vec<(usize, [LaneCounters; 2])>> {
        let is_plain = |at: &usize| !self.wires.as_ref().is_some_and(|wires| wires.has(*at));
        let mut by_node: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for position in (0..self.links.len()).filter(is_plain) {
            by_node.entry(&self.links[position].between.0).or_default().push(position);
        }
        if by_node.is_empty() {
            return Ok(Vec::new());
        }
        // One thread that goes from node to node.
        on_a_thread(|| {
            let mut counted = Vec::new();
            for (node, positions) in by_node {
                let ports: Vec<_> = positions.iter().map(|at| port_index(*at, 0)).collect();
                let found = self.node(node)?.enter_and_look_at(&ports)?;
                for (position, port) in positions.into_iter().zip(ports) {
                    let found = found.get(&port).context("a port is gone")?;
                    let lane = |packets, bytes| LaneCounters {
                        offered_packets: packets,
                        packets,
                        bytes,
                        ..LaneCounters::default()
                    };
                    let lanes = [
                        lane(found.sent_packets, found.sent_bytes),
                        lane(found.received_packets, found.received_bytes),
                    ];
                    counted.push((position, lanes));
                }
            }
            Ok(counted)
        })
    }
}

/// What a link that does not change is in the kernel.
fn as_they_are(shapes: &[Shape; 2], making: &[Making; 2]) -> Result<[Lane; 2]> {
    let lane = |which: usize| {
        let Making { queue, ecn, seed } = making[which];
        Lane::new(&shapes[which], queue, ecn, seed)
    };
    Ok([lane(0)?, lane(1)?])
}

/// Whoever panicked while holding it left a value as it was before the change.
fn held(now: &Mutex<Now>) -> MutexGuard<'_, Now> {
    now.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives both nodes of a link their ports, and returns these ends of it.
fn ports(
    drafts: &mut BTreeMap<String, Draft>,
    endpoints: &BTreeMap<&str, Span>,
    seed: Seed,
    position: usize,
    link: &Link,
    lanes: &[Lane; 2],
) -> Result<[End; 2]> {
    let names = [&link.between.0, &link.between.1];
    let mut addresses = [Ipv4Addr::UNSPECIFIED; 2];
    for (address, name) in addresses.iter_mut().zip(names) {
        let draft = drafts.get(name).with_context(|| format!("{} ends nowhere", link.name))?;
        *address = draft.node().address();
    }
    let macs = link_macs(position)?;
    let ends = [0, 1].map(|which| End {
        name: format!("to-{position}"),
        index: port_index(position, which),
        mac: macs[which],
        gso_segments: gso_segments(endpoints.contains_key(names[which].as_str())),
    });
    for (here, there) in [(0, 1), (1, 0)] {
        let name = names[here].as_str();
        let processing = endpoints.get(name).map(|most| {
            let seed = seed.derive(&format!("processing {name}")).derive(&link.name);
            processing::at_port(*most, &lanes[here], seed)
        });
        let port = Port {
            end: ends[here].clone(),
            neighbour: addresses[there],
            neighbour_mac: macs[there],
            processing: processing.flatten(),
            // The first end of a plain link is made up; any other is brought up later.
            first: here == 0 && lanes.iter().all(Lane::is_plain),
        };
        drafts.get_mut(name).context("a link ends nowhere")?.add_port(port);
    }
    Ok(ends)
}

/// Tells each node the next hop to every other.
fn connect(drafts: &mut BTreeMap<String, Draft>, setup: &Setup) -> Result<()> {
    let addresses: BTreeMap<_, _> =
        drafts.iter().map(|(name, draft)| (name.clone(), draft.node().address())).collect();
    let ways = setup.topology.routes();
    for (from, draft) in drafts {
        let mut routes = Vec::new();
        for (to, address) in addresses.iter().filter(|(to, _)| *to != from) {
            // What cannot be reached was refused before, if anybody wants to.
            let Some((link, direction)) = ways.next(from, to) else { continue };
            let (a, b) = &setup.topology.links[link].between;
            let (via, which) = if direction == Direction::Forward { (b, 0) } else { (a, 1) };
            let via = addresses.get(via).copied().context("a link ends nowhere")?;
            routes.push(Route { port: port_index(link, which), to: *address, via });
        }
        draft.connect(&routes)?;
    }
    Ok(())
}

fn execute(drafts: &mut BTreeMap<String, Draft>, node: &str, requests: Vec<Request>) -> Result<()> {
    drafts.get_mut(node).context("a link ends nowhere")?.execute(requests)
}

fn ends_at(link: &Link, name: &str) -> bool {
    link.between.0 == name || link.between.1 == name
}

/// The index of a node's interface: which end of which link it is.
fn port_index(position: usize, which: usize) -> u32 {
    // At most a few hundred links.
    FIRST_PORT + 2 * position as u32 + which as u32
}

/// `10.77.0.1` and on: one address per node, in the order of the topology.
fn node_address(index: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::new(10, 77, 0, 1).to_bits() + index)
}

/// Locally administered hardware addresses of a link's two ends.
fn link_macs(position: usize) -> Result<[Mac; 2]> {
    let [high, low] = u16::try_from(position).context("too many links")?.to_be_bytes();
    Ok([[2, 0, high, low, 0, 0], [2, 0, high, low, 0, 1]])
}
