//! A whole network: a topology of nodes and links on this kernel.
//!
//! A node has one address, on its loopback interface, by which all others know it. Links carry no
//! addresses of their own: routes name the neighbour's address, and where the neighbour is, is
//! told in advance. So a path through any number of nodes needs two entries per node and
//! destination, and no packet ever waits for ARP.

mod build;
mod processing;

pub(crate) use processing::processing_times;

use crate::link::{LinkChange, LinkCounters, NetworkLink, ShapingNamespace};
use crate::namespace::on_a_thread;
use crate::netlink::Interface;
use crate::node::Node;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use weir_plan::Direction;

/// A network that is up. Dropping it frees everything.
pub struct Network {
    links: Vec<NetworkLink>,
    nodes: BTreeMap<String, Node>,
    /// Where the links are that do something, if there are any.
    shaping: Option<ShapingNamespace>,
}

/// Interfaces of nodes have indices from here on, two for each link.
const FIRST_PORT: u32 = 10_000;

/// The index of a node's interface: at which link, and in which direction it sends there.
fn port_index(position: usize, direction: Direction) -> u32 {
    // At most a few hundred links.
    FIRST_PORT + 2 * position as u32 + direction as u32
}

impl Network {
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
        let of_it = self.links.iter().filter(|link| link.ends_at(node));
        of_it.map(|link| link.name.as_str()).collect()
    }

    /// Changes a link while packets pass. It can be one that a fault of the setup is about: others
    /// lack what it takes.
    ///
    /// # Errors
    /// For a link that cannot change, or not in this way, and if the kernel refuses.
    pub fn change(&self, link: &str, change: &LinkChange) -> Result<()> {
        let found = self.links.iter().enumerate().find(|(_, known)| known.name == link);
        let (position, found) = found.with_context(|| format!("there is no link \"{link}\""))?;
        let changed = found.change(position, change, self.shaping.as_ref());
        changed.with_context(|| format!("change the link {link}"))
    }

    /// The counters of every direction of every link, in the order of the topology.
    ///
    /// It is made for being called often: two lists of the kernel's for all links that do
    /// something, and one question for each that does nothing.
    ///
    /// # Errors
    /// If the kernel does not answer.
    pub fn link_counters(&self) -> Result<Vec<LinkCounters>> {
        self.count().context("read the counters of links")
    }

    fn count(&self) -> Result<Vec<LinkCounters>> {
        let shaped = self.shaping.as_ref().map(ShapingNamespace::read).transpose()?;
        let plain = self.first_ends_of_plain_links()?;
        let mut all = Vec::new();
        for (position, link) in self.links.iter().enumerate() {
            all.extend(match (plain.get(&position), &shaped) {
                (Some(end), _) => link.plain_counters(end),
                (None, Some(readings)) => link.shaped_counters(position, readings)?,
                (None, None) => bail!("a link is gone"),
            });
        }
        Ok(all)
    }

    /// By the link's position in the topology.
    fn first_ends_of_plain_links(&self) -> Result<BTreeMap<usize, Interface>> {
        let mut by_node: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (position, link) in self.links.iter().enumerate().filter(|(_, link)| link.is_plain()) {
            by_node.entry(&link.senders.forward).or_default().push(position);
        }
        if by_node.is_empty() {
            return Ok(BTreeMap::new());
        }
        // One thread that goes from node to node.
        on_a_thread(|| {
            let mut ends = BTreeMap::new();
            for (node, positions) in by_node {
                let port = |position: &usize| port_index(*position, Direction::Forward);
                let ports: Vec<_> = positions.iter().map(port).collect();
                let found = self.node(node)?.enter_and_look_at(&ports)?;
                for (position, port) in positions.into_iter().zip(ports) {
                    ends.insert(position, *found.get(&port).context("a port is gone")?);
                }
            }
            Ok(ends)
        })
    }
}
