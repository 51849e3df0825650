//! A whole network: a topology of nodes and links on this kernel.
//!
//! A node has one address, on its loopback interface, by which all others know it. Links carry no
//! addresses of their own: routes name the neighbour's address, and where the neighbour is, is
//! told in advance. So a path through any number of nodes needs two entries per node and
//! destination, and no packet ever waits for ARP.

use crate::Namespace;
use crate::netlink::{End, Mac};
use crate::tcp::{self, TcpState};
use crate::wire::{Lane, Wire};
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use weir_experiment::{Direction, Setup, Shape};
use weir_units::{Bytes, Seed};

/// A network that is up. Dropping it frees everything.
pub struct Network {
    // Links before nodes: they are taken down in this order.
    links: Vec<NetworkLink>,
    nodes: BTreeMap<String, Node>,
}

/// A node of a network: a namespace with an address and a TCP profile.
pub struct Node {
    namespace: Namespace,
    address: Ipv4Addr,
    tcp: TcpState,
    ports: Vec<String>,
    initial_window: u64,
}

struct NetworkLink {
    name: String,
    between: (String, String),
    shapes: [Shape; 2],
    queues: [Option<Bytes>; 2],
    wire: Wire,
}

/// What one direction of a link has done.
#[derive(Debug, Clone)]
pub struct LinkCounters {
    /// The link's name.
    pub link: String,
    /// The node that sends.
    pub from: String,
    /// The node that receives.
    pub to: String,
    /// What the direction was asked to do.
    pub shape: Shape,
    /// The depth of its buffer.
    pub queue: Option<Bytes>,
    /// Packets delivered.
    pub packets: u64,
    /// Bytes delivered, Ethernet headers included.
    pub bytes: u64,
    /// Packets that found the buffer full.
    pub queue_drops: u64,
    /// Packets lost at random.
    pub losses: u64,
    /// Bytes in the buffer now.
    pub backlog: u64,
}

/// Segments per packet at an endpoint: a packet is a frame, as on a wire. With the kernel's default
/// TCP hands over 64 kB at once, which a buffer counts, drops and delays as one.
const ENDPOINT_SEGMENTS: u32 = 1;

impl Network {
    /// Builds the network of `setup` on this kernel. Random streams derive from `seed`.
    ///
    /// # Errors
    /// If the kernel lacks something or refuses; whatever was made by then is freed.
    pub fn build(setup: &Setup, seed: Seed) -> Result<Self> {
        let topology = &setup.topology;
        let endpoints: BTreeSet<_> = setup
            .origins
            .iter()
            .map(|origin| origin.node.as_str())
            .chain(
                setup.players.iter().flat_map(|players| players.nodes.iter().map(String::as_str)),
            )
            .collect();
        let mut nodes = BTreeMap::new();
        for (index, host) in (0u32..).zip(&topology.nodes) {
            let node = Node::new(&host.name, node_address(index), setup)
                .with_context(|| format!("make the node {}", host.name))?;
            nodes.insert(host.name.clone(), node);
        }

        let mut links = Vec::new();
        for (index, link) in (0u16..).zip(&topology.links) {
            let shapes = [link.forward, link.backward];
            let queues = [Direction::Forward, Direction::Backward]
                .map(|direction| setup.queue_bytes(usize::from(index), direction));
            let lane = |which: usize, label| {
                let seed = seed.derive(&format!("link {} {label}", link.name));
                Lane::new(&shapes[which], queues[which], seed)
            };
            let lanes = [lane(0, "forward")?, lane(1, "backward")?];
            let port = format!("to-{index}");
            let end = |name: &str, mac| End {
                name: port.clone(),
                mac,
                gso_segments: endpoints.contains(name).then_some(ENDPOINT_SEGMENTS),
            };
            let (a, b) = (&link.between.0, &link.between.1);
            let [mac_a, mac_b] = link_macs(index);
            let missing = || format!("the link {} ends nowhere", link.name);
            let node_a = &nodes.get(a).with_context(missing)?.namespace;
            let node_b = &nodes.get(b).with_context(missing)?.namespace;
            let wire =
                Wire::new(&link.name, (node_a, end(a, mac_a)), (node_b, end(b, mac_b)), lanes)?;
            for (here, there, mac) in [(a, b, mac_b), (b, a, mac_a)] {
                let neighbour = nodes.get(there).with_context(missing)?.address;
                let port = port.clone();
                let node = nodes.get_mut(here).with_context(missing)?;
                node.ports.push(port.clone());
                node.namespace
                    .run(async move |netlink| netlink.add_neighbour(&port, neighbour, mac).await)?;
            }
            let between = link.between.clone();
            links.push(NetworkLink { name: link.name.clone(), between, shapes, queues, wire });
        }

        let network = Self { links, nodes };
        network.add_routes(setup)?;
        Ok(network)
    }

    fn add_routes(&self, setup: &Setup) -> Result<()> {
        let window = u32::try_from(setup.tcp.initial_window)?;
        for (from, node) in &self.nodes {
            for (to, target) in self.nodes.iter().filter(|(to, _)| *to != from) {
                // What cannot be reached was refused before, if anybody wants to.
                let Some(path) = setup.topology.path(from, to) else { continue };
                let Some(&(link, _)) = path.first() else { continue };
                let (a, b) = &self.links[link].between;
                let via = self.node(if a == from { b } else { a })?.address;
                let (source, target) = (node.address, target.address);
                let port = format!("to-{link}");
                node.namespace.run(async move |netlink| {
                    netlink.add_route(&port, target, via, source, window).await
                })?;
            }
        }
        Ok(())
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

    /// The counters of every direction of every link, in the order of the topology.
    ///
    /// # Errors
    /// If the kernel does not answer.
    pub fn link_counters(&self) -> Result<Vec<LinkCounters>> {
        let mut all = Vec::new();
        for (index, link) in self.links.iter().enumerate() {
            let (a, b) = (&link.between.0, &link.between.1);
            let counted = link.wire.counters()?;
            for (which, (from, to)) in [(a, b), (b, a)].into_iter().enumerate() {
                let mut counters = LinkCounters {
                    link: link.name.clone(),
                    from: from.clone(),
                    to: to.clone(),
                    shape: link.shapes[which],
                    queue: link.queues[which],
                    packets: 0,
                    bytes: 0,
                    queue_drops: 0,
                    losses: 0,
                    backlog: 0,
                };
                if let Some(counted) = counted {
                    counters.packets = counted[which].delivered_packets;
                    counters.bytes = counted[which].delivered_bytes;
                    counters.queue_drops = counted[which].queue_drops;
                    counters.losses = counted[which].losses;
                    counters.backlog = counted[which].backlog;
                } else {
                    // A plain pair: what the sender's own port sent is what was delivered.
                    let port = format!("to-{index}");
                    let sent = self
                        .node(from)?
                        .namespace
                        .run(async move |netlink| netlink.interface_counters(&port).await)?;
                    (counters.packets, counters.bytes) = (sent.sent_packets, sent.sent_bytes);
                }
                all.push(counters);
            }
        }
        Ok(all)
    }
}

impl Node {
    fn new(name: &str, address: Ipv4Addr, setup: &Setup) -> Result<Self> {
        let namespace = Namespace::new(name)?;
        let profile = setup.tcp.clone();
        let ends_here =
            |link: &&weir_experiment::Link| link.between.0 == name || link.between.1 == name;
        let forwards = setup.topology.links.iter().filter(ends_here).count() > 1;
        let tcp = namespace.run(async move |netlink| {
            netlink.add_node_address(address).await?;
            tcp::apply(&profile, forwards)
        })?;
        let initial_window = setup.tcp.initial_window;
        Ok(Self { namespace, address, tcp, ports: Vec::new(), initial_window })
    }

    /// The address by which all others know it.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Its namespace.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Its TCP profile, as the kernel holds it.
    pub fn tcp(&self) -> &TcpState {
        &self.tcp
    }

    /// The initial congestion window of its routes, in segments.
    pub fn initial_window(&self) -> u64 {
        self.initial_window
    }

    /// The most segments per packet at any of its ports.
    ///
    /// # Errors
    /// If the kernel does not answer.
    pub fn gso_segments(&self) -> Result<u64> {
        let ports = self.ports.clone();
        self.namespace.run(async move |netlink| {
            let mut most = 0;
            for port in &ports {
                most = most.max(netlink.gso_segments(port).await?);
            }
            Ok(u64::from(most))
        })
    }
}

/// `10.77.0.1` and on: one address per node, in the order of the topology.
fn node_address(index: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::new(10, 77, 0, 1).to_bits() + index)
}

/// Locally administered hardware addresses of a link's two ends.
fn link_macs(index: u16) -> [Mac; 2] {
    let [high, low] = index.to_be_bytes();
    [[2, 0, high, low, 0, 0], [2, 0, high, low, 0, 1]]
}
