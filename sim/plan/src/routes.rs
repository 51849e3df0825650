//! Who reaches whom, and over which links.
//!
//! A packet takes the fewest links; among ways of equally many the one with the least delay; and
//! among those the one whose next link comes first in the file. Each node decides by itself where
//! a packet for a destination goes next, so that the rest of a way is a way by itself: what the
//! routers of a kernel do hop by hop is what is said here.

use crate::topology::{Direction, Link, Topology};
use std::collections::{BTreeMap, VecDeque};
use weir_units::Span;

/// The ways of packets through a topology, from every node to every other: computed once, for as
/// long as the topology does not change.
#[derive(Debug, Clone)]
pub struct Routes {
    /// The position of each node in the topology.
    nodes: BTreeMap<String, usize>,
    /// The positions of the nodes at each link's ends.
    ends: Vec<(usize, usize)>,
    /// The next hop to the first position, from the second; empty for a destination that nobody
    /// asked for.
    next: Vec<Vec<Option<Hop>>>,
}

/// A link by its position in the topology, and the direction in which a packet passes it.
type Hop = (usize, Direction);

impl Topology {
    /// The ways of packets from every node to every other. A way back may differ from the way
    /// there, where delays do, or where two ways are equally good.
    pub fn routes(&self) -> Routes {
        self.routes_to(|_| true)
    }

    /// The same, to some destinations only.
    pub(crate) fn routes_to(&self, asked: impl Fn(&str) -> bool) -> Routes {
        let nodes: BTreeMap<String, usize> =
            self.nodes.iter().enumerate().map(|(at, node)| (node.name.clone(), at)).collect();
        let end = |name: &str| nodes.get(name).copied();
        let mut ends = Vec::with_capacity(self.links.len());
        // What leads to each node: from where, over which hop, how long it takes.
        let mut into: Vec<Vec<(usize, Hop, Span)>> = vec![Vec::new(); self.nodes.len()];
        for (index, link) in self.links.iter().enumerate() {
            // A link that ends nowhere leads nowhere: it joins a node to itself.
            let (a, b) = end(&link.between.0).zip(end(&link.between.1)).unwrap_or_default();
            ends.push((a, b));
            if a != b {
                into[b].push((a, (index, Direction::Forward), link.forward.delay));
                into[a].push((b, (index, Direction::Backward), link.backward.delay));
            }
        }
        let next = self
            .nodes
            .iter()
            .enumerate()
            .map(|(to, node)| if asked(&node.name) { toward(to, &into) } else { Vec::new() });
        let next = next.collect();
        Routes { nodes, ends, next }
    }
}

impl Topology {
    /// The parts of the network that no link joins.
    pub fn parts(&self) -> Parts {
        let mut joined: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for Link { between: (a, b), .. } in &self.links {
            joined.entry(a).or_default().push(b);
            joined.entry(b).or_default().push(a);
        }
        let mut parts = Parts(BTreeMap::new());
        for (part, node) in self.nodes.iter().enumerate() {
            let mut waiting = vec![node.name.as_str()];
            while let Some(here) = waiting.pop() {
                if !parts.0.contains_key(here) {
                    parts.0.insert(here.to_owned(), part);
                    waiting.extend(joined.get(here).into_iter().flatten());
                }
            }
        }
        parts
    }
}

/// Who reaches whom, without the ways.
#[derive(Debug, Default)]
pub struct Parts(BTreeMap<String, usize>);

impl Parts {
    /// Whether packets get from one node to another; they get back then too.
    pub fn reaches(&self, from: &str, to: &str) -> bool {
        let part = |node| self.0.get(node);
        part(from).is_some() && part(from) == part(to)
    }

    /// The node of this name.
    pub fn node(&self, name: &str) -> Option<&str> {
        self.0.get_key_value(name).map(|(name, _)| name.as_str())
    }
}

/// The next hop toward `to` from every node: a breadth-first search from there.
fn toward(to: usize, into: &[Vec<(usize, Hop, Span)>]) -> Vec<Option<Hop>> {
    /// What is known of a node: how far it is from the destination.
    #[derive(Clone, Copy)]
    struct Known {
        links: usize,
        delay: Span,
        next: Option<Hop>,
    }
    let mut known: Vec<Option<Known>> = vec![None; into.len()];
    known[to] = Some(Known { links: 0, delay: Span::ZERO, next: None });
    let mut waiting = VecDeque::from([to]);
    // A node is done before any that is farther away is looked at, so its delay is final when
    // others build on it.
    while let Some((here, done)) = waiting.pop_front().and_then(|n| Some((n, known[n]?))) {
        for &(from, hop, delay) in &into[here] {
            let links = done.links + 1;
            let delay = done.delay.saturating_add(delay);
            let better = match known[from] {
                None => {
                    waiting.push_back(from);
                    true
                }
                Some(Known { links: other, delay: best, next }) => {
                    links == other && (delay, Some(hop)) < (best, next)
                }
            };
            if better {
                known[from] = Some(Known { links, delay, next: Some(hop) });
            }
        }
    }
    known.into_iter().map(|node| node.and_then(|node| node.next)).collect()
}

impl Routes {
    /// The link that a packet at `from` takes next to get to `to`: its position in the topology's
    /// `links`, and the direction in which the packet passes it. `None` if `from` is `to`, if there
    /// is no way, and if there is no such node.
    pub fn next(&self, from: &str, to: &str) -> Option<(usize, Direction)> {
        self.hop(*self.nodes.get(from)?, *self.nodes.get(to)?)
    }

    /// The way of a packet, as [`Routes::next`] tells it node by node; empty from a node to itself.
    /// `None` if there is no way, or no such node.
    pub fn path(&self, from: &str, to: &str) -> Option<Vec<(usize, Direction)>> {
        let (mut here, to) = (*self.nodes.get(from)?, *self.nodes.get(to)?);
        let mut path = Vec::new();
        while here != to {
            let (link, direction) = self.hop(here, to)?;
            let (a, b) = self.ends[link];
            here = if direction == Direction::Forward { b } else { a };
            path.push((link, direction));
        }
        Some(path)
    }

    fn hop(&self, from: usize, to: usize) -> Option<Hop> {
        *self.next.get(to)?.get(from)?
    }
}
