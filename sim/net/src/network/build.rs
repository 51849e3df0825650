//! Making a network: its nodes, its links, and the tables that lead from one to the other.

use super::processing::{self, processing_times};
use super::{Network, port_index};
use crate::direction::{DIRECTIONS, PerDirection, opposite};
use crate::link::{self, NetworkLink, QdiscParams, ShapedLink, ShapingNamespace};
use crate::namespace::on_a_thread;
use crate::netlink::{Mac, VethEnd, veth};
use crate::node::{Node, NodeBuilder, Port, Route, gso_segments};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use weir_plan::{Direction, Link, Setup};
use weir_units::{Seed, Span};

impl Network {
    /// Builds the network of `setup` on this kernel. Random streams derive from `seed`.
    ///
    /// # Errors
    /// If the kernel lacks something or refuses; whatever was made by then is freed.
    pub fn build(setup: &Setup, seed: Seed) -> Result<Self> {
        // The thread goes from namespace to namespace and makes them: its sockets stay behind.
        on_a_thread(|| build(setup, seed))
    }
}

/// Builds a network with a thread that goes from namespace to namespace.
fn build(setup: &Setup, seed: Seed) -> Result<Network> {
    let links = links(setup, seed)?;
    let mut nodes = NodeBuilders::make(setup, &links)?;
    let processing_times = processing_times(setup);
    let mut shaped = Vec::new();
    for (position, link) in links.iter().enumerate() {
        let ends = nodes.add_ports(&processing_times, seed, position, link)?;
        if link.is_plain() {
            nodes.join(link, &ends)?;
        } else {
            shaped.push(nodes.shaped(position, link, ends)?);
        }
    }
    let shaping =
        if shaped.is_empty() { None } else { Some(ShapingNamespace::enter_new(&shaped)?) };
    nodes.set_up()?;
    // From here on everything is up.
    let shaping = match shaping {
        Some((namespace, mut netlink)) => {
            link::shape_all(&mut netlink, &shaped)?;
            Some(namespace)
        }
        None => None,
    };
    drop(shaped);
    nodes.connect(setup)?;
    Ok(Network { links, nodes: nodes.finish()?, shaping })
}

/// The links of a setup, as they are at the beginning.
fn links(setup: &Setup, seed: Seed) -> Result<Vec<NetworkLink>> {
    let changing = link::changing(setup)?;
    let queues = setup.queues();
    let mut links = Vec::new();
    for (position, link) in setup.topology.links.iter().enumerate() {
        let [forward, backward] = queues.get(position).copied().unwrap_or_default();
        let params = |direction, queue, label| QdiscParams {
            shape: link.shape(direction).clone(),
            queue,
            ecn: setup.tcp.ecn,
            seed: seed.derive(&format!("link {} {label}", link.name)),
        };
        let params = PerDirection {
            forward: params(Direction::Forward, forward, "forward"),
            backward: params(Direction::Backward, backward, "backward"),
        };
        links.push(NetworkLink::new(link, params, changing.contains(&position))?);
    }
    Ok(links)
}

/// The nodes that are being made, by their names.
struct NodeBuilders(BTreeMap<String, NodeBuilder>);

impl NodeBuilders {
    fn make(setup: &Setup, links: &[NetworkLink]) -> Result<Self> {
        let mut builders = BTreeMap::new();
        for (index, node) in (0u32..).zip(&setup.topology.nodes) {
            let name = &node.name;
            let forwards = links.iter().filter(|link| link.ends_at(name)).count() > 1;
            let builder = NodeBuilder::enter_new(name, node_address(index), &setup.tcp, forwards)
                .with_context(|| format!("make the node {name}"))?;
            builders.insert(name.clone(), builder);
        }
        Ok(Self(builders))
    }

    fn get(&self, name: &str) -> Result<&NodeBuilder> {
        self.0.get(name).context("a link ends nowhere")
    }

    fn get_mut(&mut self, name: &str) -> Result<&mut NodeBuilder> {
        self.0.get_mut(name).context("a link ends nowhere")
    }

    /// Gives both nodes of a link their ports, and returns these ends of it.
    fn add_ports(
        &mut self,
        processing_times: &BTreeMap<&str, Span>,
        seed: Seed,
        position: usize,
        link: &NetworkLink,
    ) -> Result<PerDirection<VethEnd>> {
        let addresses = PerDirection::try_of(|direction| {
            Ok(self.get(&link.senders[direction])?.node().address())
        })?;
        let macs = link_macs(position)?;
        let ends = PerDirection::of(|direction| VethEnd {
            name: format!("to-{position}"),
            index: port_index(position, direction),
            mac: macs[direction],
            gso_segments: gso_segments(
                processing_times.contains_key(link.senders[direction].as_str()),
            ),
        });
        let qdiscs = link.state().qdiscs;
        for direction in DIRECTIONS {
            let name = link.senders[direction].as_str();
            let processing = processing_times.get(name).and_then(|most| {
                let seed = seed.derive(&format!("processing {name}")).derive(&link.name);
                processing::at_port(*most, &qdiscs[direction], seed)
            });
            let port = Port {
                end: ends[direction].clone(),
                neighbour: addresses[opposite(direction)],
                neighbour_mac: macs[opposite(direction)],
                processing,
                // The first end of a plain link is made up; any other is brought up later.
                first: direction == Direction::Forward && link.is_plain(),
            };
            self.get_mut(name)?.add_port(port);
        }
        Ok(ends)
    }

    /// Makes a link that does nothing: a pair from node to node.
    fn join(&mut self, link: &NetworkLink, ends: &PerDirection<VethEnd>) -> Result<()> {
        let into = self.get(&link.senders.backward)?.node();
        let request = veth(&ends.forward, &ends.backward, Some(into.namespace().descriptor()));
        self.get_mut(&link.senders.forward)?.execute(vec![request])
    }

    /// What has to be known to make a link that does something.
    fn shaped<'a>(
        &self,
        position: usize,
        link: &'a NetworkLink,
        ends: PerDirection<VethEnd>,
    ) -> Result<ShapedLink<'a>> {
        let ends = PerDirection::try_of(|direction| {
            let node = self.get(&link.senders[direction])?.node();
            let namespace = node.namespace().descriptor().try_clone_to_owned();
            Ok((namespace.context("hold a namespace")?, ends[direction].clone()))
        })?;
        Ok(ShapedLink { position, name: &link.name, ends, qdiscs: link.state().qdiscs })
    }

    fn set_up(&mut self) -> Result<()> {
        self.0.values_mut().try_for_each(NodeBuilder::set_up)
    }

    /// Tells each node the next hop to every other.
    fn connect(&mut self, setup: &Setup) -> Result<()> {
        let addresses: BTreeMap<_, _> =
            self.0.iter().map(|(name, builder)| (name.clone(), builder.node().address())).collect();
        let ways = setup.topology.routes();
        for (from, builder) in &mut self.0 {
            let mut routes = Vec::new();
            for (to, address) in addresses.iter().filter(|(to, _)| *to != from) {
                // What cannot be reached was refused before, if anybody wants to.
                let Some((position, direction)) = ways.next(from, to) else { continue };
                let via = receiver(&setup.topology.links[position], direction);
                let via = addresses.get(via).copied().context("a link ends nowhere")?;
                routes.push(Route { port: port_index(position, direction), to: *address, via });
            }
            builder.connect(&routes)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<BTreeMap<String, Node>> {
        self.0.into_iter().map(|(name, builder)| Ok((name, builder.finish()?))).collect()
    }
}

/// The node that receives in this direction.
fn receiver(link: &Link, direction: Direction) -> &str {
    match direction {
        Direction::Forward => &link.between.1,
        Direction::Backward => &link.between.0,
    }
}

/// `10.77.0.1` and on: one address per node, in the order of the topology.
fn node_address(index: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::new(10, 77, 0, 1).to_bits() + index)
}

/// Locally administered hardware addresses of a link's two ends.
fn link_macs(position: usize) -> Result<PerDirection<Mac>> {
    let [high, low] = u16::try_from(position).context("too many links")?.to_be_bytes();
    Ok(PerDirection::of(|direction| [2, 0, high, low, 0, direction as u8]))
}
