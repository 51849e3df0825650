//! A topology as a picture: nodes in columns by their distance from the origins, links between
//! them with what they do to packets.
//!
//! A link is drawn as a thing of its own between its ends, so that texts and lines never meet: the
//! picture is layers of boxes and of links in turn. Nodes that differ in their numbers only are
//! one box.

mod alike;
mod labels;
mod layout;
mod svg;

use alike::{joined, stem};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use weir_plan::{Setup, Shape, Topology};

/// What a node is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Role {
    origin: bool,
    /// What makes a live stream there.
    services: BTreeSet<String>,
    /// Whether a live stream begins there.
    first: bool,
    viewers: u64,
    sends: u64,
    receives: u64,
}

/// The topology as an SVG picture, with what runs where. Equal setups give equal text.
pub fn to_svg(setup: &Setup) -> String {
    let mut roles: BTreeMap<&str, Role> = BTreeMap::new();
    for origin in &setup.origins {
        roles.entry(&origin.node).or_default().origin = true;
    }
    for (at, service) in setup.services.iter().enumerate() {
        let role = roles.entry(&service.node).or_default();
        role.first |= at == 0;
        role.services.insert(service.run.clone());
    }
    for players in &setup.players {
        for number in 0..players.count {
            roles.entry(players.node(number)).or_default().viewers += 1;
        }
    }
    for traffic in &setup.traffic {
        roles.entry(&traffic.from).or_default().sends += traffic.count;
        roles.entry(&traffic.to).or_default().receives += traffic.count;
    }
    Picture::new(&setup.topology, &roles).to_svg()
}
/// A box: one node, or several that are alike.
struct Node {
    name: String,
    members: usize,
    role: Role,
    layer: usize,
}

/// One link, or several that are alike.
struct Line {
    /// From the left, if it is not to the same layer.
    from: usize,
    to: usize,
    name: String,
    texts: Vec<String>,
}

struct Picture<'a> {
    title: &'a str,
    nodes: Vec<Node>,
    lines: Vec<Line>,
}

impl<'a> Picture<'a> {
    fn new(topology: &'a Topology, roles: &BTreeMap<&str, Role>) -> Self {
        let role = |name: &str| roles.get(name).cloned().unwrap_or_default();
        // How many viewers there are does not tell two nodes apart.
        let kind = |name: &str| {
            let Role { origin, services, first, viewers, sends, receives } = role(name);
            (origin, services, first, viewers > 0, sends > 0, receives > 0)
        };
        let groups = alike::groups(topology, kind);
        let mut group_of: BTreeMap<&str, usize> = BTreeMap::new();
        let mut nodes = Vec::with_capacity(groups.len());
        for (number, group) in groups.iter().enumerate() {
            let names: Vec<&str> = group.iter().map(|at| &*topology.nodes[*at].name).collect();
            let mut sum = Role::default();
            for name in &names {
                let Role { origin, mut services, first, viewers, sends, receives } = role(name);
                sum.origin |= origin;
                sum.services.append(&mut services);
                sum.first |= first;
                sum.viewers += viewers;
                sum.sends += sends;
                sum.receives += receives;
                group_of.insert(name, number);
            }
            let (name, members) = (joined(&names), names.len());
            nodes.push(Node { name, members, role: sum, layer: 0 });
        }
        let ends = topology.links.iter().map(|link| {
            let end = |name: &String| group_of.get(name.as_str()).copied();
            end(&link.between.0).zip(end(&link.between.1))
        });
        let ends: Vec<Option<(usize, usize)>> = ends.collect();
        set_layers(&mut nodes, &ends);

        // Links that are alike, from left to right (or from the first box to the second).
        type Alike<'l> = (usize, usize, &'l str, &'l Shape, &'l Shape);
        let mut order: Vec<Alike<'_>> = Vec::new();
        let mut names: BTreeMap<Alike<'_>, Vec<&str>> = BTreeMap::new();
        for (link, ends) in topology.links.iter().zip(ends) {
            let Some((a, b)) = ends else { continue };
            let turn = (nodes[b].layer, b) < (nodes[a].layer, a);
            let stem = stem(&link.name).0;
            let alike = match turn {
                false => (a, b, stem, &link.forward, &link.backward),
                true => (b, a, stem, &link.backward, &link.forward),
            };
            names.entry(alike).or_insert_with(|| {
                order.push(alike);
                Vec::new()
            });
            names.entry(alike).or_default().push(&link.name);
        }
        let line = |alike: Alike<'_>| {
            let (from, to, _, there, back) = alike;
            let directions = if nodes[from].layer == nodes[to].layer {
                // Which of them will be above is not known yet.
                [to, from].map(|end| format!("to {}:", nodes[end].name))
            } else {
                ["\u{2192}", "\u{2190}"].map(str::to_owned)
            };
            let texts = labels::texts(there, back, &directions);
            Line { from, to, name: joined(&names[&alike]), texts }
        };
        let lines = order.into_iter().map(line).collect();
        Self { title: &topology.name, nodes, lines }
    }
}

/// The layer of each box: its distance from the nearest origin, from where a live stream begins, or
/// from the nearest sender of traffic where nobody watches; boxes that cannot be reached from there
/// are in the last.
fn set_layers(nodes: &mut [Node], ends: &[Option<(usize, usize)>]) {
    let source = |node: &Node| {
        let Role { origin, first, viewers, sends, .. } = node.role;
        origin || first || (sends > 0 && viewers == 0)
    };
    let mut waiting: VecDeque<(usize, usize)> =
        nodes.iter().enumerate().filter(|(_, n)| source(n)).map(|(at, _)| (at, 0)).collect();
    let mut layers: Vec<Option<usize>> = vec![None; nodes.len()];
    while let Some((here, layer)) = waiting.pop_front() {
        if layers[here].is_none() {
            layers[here] = Some(layer);
            for (a, b) in ends.iter().flatten() {
                let other = if *a == here { Some(*b) } else { (*b == here).then_some(*a) };
                waiting.extend(other.map(|other| (other, layer + 1)));
            }
        }
    }
    let last = layers.iter().flatten().max().map_or(0, |last| last + 1);
    for (node, layer) in nodes.iter_mut().zip(layers) {
        node.layer = layer.unwrap_or(last);
    }
}
