//! Nodes and links that a file names once and wants many of: their members, and who reaches whom.

use crate::document::section::Field;
use std::collections::BTreeMap;
use weir_plan::limits::{MAX_LINKS, MAX_NODES};
use weir_plan::names::is_name;
use weir_plan::{Error, Host, Link, Parts, Place, Topology};

/// A node as its file says it.
pub(crate) struct NodeText {
    pub name: String,
    /// How many nodes it stands for; `None` if it is one by itself.
    pub count: Option<u64>,
    /// Where the count stands, or else the node.
    pub place: Place,
}

/// A link as its file says it.
pub(crate) struct LinkText {
    pub link: Link,
    /// The positions of the nodes at its ends.
    pub ends: [usize; 2],
    pub place: Place,
}

/// A topology in which every member has its own name, and what is not seen in it any more.
pub(crate) struct Network {
    pub topology: Topology,
    /// The names of nodes in the file.
    nodes: Vec<String>,
    /// The names of links in the file, and the positions of the links that each stands for.
    links: Vec<(String, Vec<usize>)>,
    /// The members of each node that has a count, by its name.
    members: BTreeMap<String, Vec<String>>,
    parts: Parts,
}

impl Network {
    pub fn new(name: String, nodes: &[NodeText], links: &[LinkText]) -> Result<Self, Error> {
        let mut network = Self {
            topology: Topology { name, nodes: Vec::new(), links: Vec::new() },
            nodes: nodes.iter().map(|node| node.name.clone()).collect(),
            links: links.iter().map(|text| (text.link.name.clone(), Vec::new())).collect(),
            members: BTreeMap::new(),
            parts: Parts::default(),
        };
        for node in nodes {
            network.add_node(node)?;
        }
        for (at, link) in links.iter().enumerate() {
            network.links[at].1 = network.add_link(link, link.ends.map(|end| nodes[end].count))?;
        }
        network.parts = network.topology.parts();
        Ok(network)
    }

    fn add_node(&mut self, node: &NodeText) -> Result<(), Error> {
        let NodeText { name, count, place } = node;
        let names = names(name, *count);
        if self.topology.nodes.len() + names.len() > MAX_NODES {
            let problem =
                format!("[nodes.{name}] makes more than {MAX_NODES} nodes of this topology");
            return Err(Error::at(place, problem));
        }
        for member in &names {
            check_name(member, "node", place)?;
            // A name of the file stands for what the file says, also if that has other names now.
            let taken = count.is_some() && self.nodes.contains(member);
            if taken || self.topology.nodes.iter().any(|other| other.name == *member) {
                return Err(twice(member, "node", place));
            }
            self.topology.nodes.push(Host { name: member.clone() });
        }
        if count.is_some() {
            self.members.insert(name.clone(), names);
        }
        Ok(())
    }

    fn add_link(&mut self, text: &LinkText, counts: [Option<u64>; 2]) -> Result<Vec<usize>, Error> {
        let LinkText { link, place, .. } = text;
        let (a, b) = (&link.between.0, &link.between.1);
        let count = match counts {
            [Some(first), Some(second)] if first != second => {
                let problem = format!(
                    "[links.{}] joins pairs, but {a:?} stands for {first} nodes and {b:?} for \
                     {second}",
                    link.name
                );
                return Err(Error::at(place, problem));
            }
            [first, second] => first.or(second),
        };
        let names = names(&link.name, count);
        if self.topology.links.len() + names.len() > MAX_LINKS {
            let problem =
                format!("[links.{}] makes more than {MAX_LINKS} links of this topology", link.name);
            return Err(Error::at(place, problem));
        }
        let mut positions = Vec::with_capacity(names.len());
        for (number, name) in names.into_iter().enumerate() {
            check_name(&name, "link", place)?;
            let taken = count.is_some() && self.link_names().contains(&name.as_str());
            if taken || self.topology.links.iter().any(|other| other.name == name) {
                return Err(twice(&name, "link", place));
            }
            let end = |node: &String| {
                let members = self.members.get(node).and_then(|members| members.get(number));
                members.unwrap_or(node).clone()
            };
            let between = (end(a), end(b));
            positions.push(self.topology.links.len());
            self.topology.links.push(Link { name, between, ..link.clone() });
        }
        Ok(positions)
    }

    /// Whether packets get from one node to another; they get back then too.
    pub fn reaches(&self, from: &str, to: &str) -> bool {
        self.parts.reaches(from, to)
    }

    /// The members of a node that has a count.
    pub fn members(&self, node: &str) -> Option<&[String]> {
        self.members.get(node).map(Vec::as_slice)
    }

    /// The node of this name, which is one by itself or a member.
    pub fn node(&self, name: &str) -> Option<&str> {
        self.parts.node(name)
    }

    /// The one node that a field names.
    pub fn node_named(&self, field: &Field<'_>) -> Result<&str, Error> {
        let text = field.text()?;
        match self.members(text) {
            Some(members) => {
                let hint =
                    members.first().map(|name| format!("name one of them, such as {name:?}"));
                Err(field
                    .refuse(format_args!("stands for {} nodes", members.len()))
                    .hint(hint.unwrap_or_default()))
            }
            None => self.node(text).ok_or_else(|| field.unknown("node", self.node_names())),
        }
    }

    /// The names of nodes as the file has them.
    pub fn node_names(&self) -> Vec<&str> {
        self.nodes.iter().map(String::as_str).collect()
    }

    /// The names of links as the file has them.
    pub fn link_names(&self) -> Vec<&str> {
        self.links.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Whether a name of the file stands for links that have other names.
    pub fn is_group_of_links(&self, name: &str) -> bool {
        self.positions(name).iter().any(|at| self.topology.links[*at].name != name)
    }

    fn positions(&self, name: &str) -> &[usize] {
        let found = self.links.iter().find(|(known, _)| known == name);
        found.map_or(&[], |(_, positions)| positions)
    }

    /// The links that a name stands for: all members of a link of the file, or one.
    pub fn links_called(&mut self, name: &str) -> Vec<&mut Link> {
        let positions = self.positions(name).to_vec();
        let links = self.topology.links.iter_mut().enumerate();
        let called = |(at, link): &(usize, &mut Link)| positions.contains(at) || link.name == name;
        links.filter(called).map(|(_, link)| link).collect()
    }
}

/// The names of the members of what stands for `count`.
fn names(name: &str, count: Option<u64>) -> Vec<String> {
    match count {
        None => vec![name.to_owned()],
        Some(count) => (1..=count).map(|number| format!("{name}-{number}")).collect(),
    }
}

fn check_name(name: &str, kind: &str, place: &Place) -> Result<(), Error> {
    if is_name(name) {
        return Ok(());
    }
    Err(Error::at(place, format!("{name:?} is too long for the name of a {kind}"))
        .hint("at most 32 characters, with the number"))
}

fn twice(name: &str, kind: &str, place: &Place) -> Error {
    Error::at(place, format!("there would be two {kind}s called {name:?}"))
}
