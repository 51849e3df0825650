//! A topology: its nodes, its links, and what an experiment says differently about them.

use crate::document::Entry;
use crate::document::section::{self, Field, Section};
use crate::library::Library;
use crate::sections::link;
use crate::sections::members::{LinkText, Network, NodeText};
use std::ops::RangeInclusive;
use weir_plan::{Error, Link, Shape};

/// The most nodes, and links, that a file has; it may ask for more of some.
const MAX_NODES: usize = 64;
const MAX_LINKS: usize = 256;

/// How many nodes one table can stand for.
const COUNTS: RangeInclusive<u64> = 1..=64;

/// The topology of an experiment, with the experiment's own `[nodes]` and `[links]` laid over it.
pub(crate) fn read(experiment: &Section<'_>, library: &Library<'_>) -> Result<Network, Error> {
    let field = experiment.need("topology", "expected the name of a topology, or a table")?;
    let mut content = if field.value.table().is_some() {
        field.section("[topology]", PAGE, |section| Content::read("inline", section, library))?
    } else {
        let tree = library.topology(&field)?;
        let name = field.text()?;
        let title = format!("topology {name:?}");
        section::read(&tree, &title, PAGE, |section| Content::read(name, section, library))?
    };
    if let Some(changes) = experiment.get("nodes") {
        content.change_nodes(&changes)?;
    }
    let mut network = Network::new(content.name, &content.nodes, &content.links)?;
    if let Some(changes) = experiment.get("links") {
        change_links(&mut network, &changes, library)?;
    }
    Ok(network)
}

const PAGE: &str = "topologies top level";

/// A topology as its file says it.
struct Content {
    name: String,
    nodes: Vec<NodeText>,
    links: Vec<LinkText>,
}

impl Content {
    fn read(name: &str, section: &Section<'_>, library: &Library<'_>) -> Result<Self, Error> {
        let nodes = section.need("nodes", "expected a table [nodes.NAME] for each node")?;
        let node = |entry: &Entry| {
            let mut node =
                NodeText { name: entry.key.clone(), count: None, place: entry.place.clone() };
            read_node(&mut node, entry, "topologies [nodes.NAME]")?;
            Ok(node)
        };
        let nodes: Result<Vec<NodeText>, Error> =
            nodes.named("node", MAX_NODES)?.iter().map(node).collect();
        let mut content = Self { name: name.to_owned(), nodes: nodes?, links: Vec::new() };
        let links = section.read("links", |field| field.named("link", MAX_LINKS))?;
        for entry in links.unwrap_or_default() {
            let title = format!("[links.{}]", entry.key);
            let link = section::read(&entry.value, &title, link::TOPOLOGY.link, |section| {
                let (between, ends) = ends(section, &content.nodes)?;
                let name = entry.key.clone();
                let mut link =
                    Link { name, between, forward: Shape::PLAIN, backward: Shape::PLAIN };
                link::read(section, &mut link, link::TOPOLOGY, library)?;
                Ok(LinkText { link, ends, place: entry.place.clone() })
            })?;
            content.links.push(link);
        }
        Ok(content)
    }

    /// Lays the experiment's `[nodes]` over those of its topology.
    fn change_nodes(&mut self, changes: &Field<'_>) -> Result<(), Error> {
        let Some(table) = changes.value.table() else {
            return Err(changes.refuse("is not a table of nodes"));
        };
        for entry in &table.entries {
            let Some(at) = self.nodes.iter().position(|node| node.name == entry.key) else {
                let known = self.nodes.iter().map(|node| &*node.name);
                return Err(section::unknown_entry(entry, "node", "[nodes]", known));
            };
            read_node(&mut self.nodes[at], entry, "experiments [nodes.NAME]")?;
        }
        Ok(())
    }
}

/// Lays what a table says over what is known of a node.
fn read_node(node: &mut NodeText, entry: &Entry, page: &'static str) -> Result<(), Error> {
    let title = format!("[nodes.{}]", entry.key);
    section::read(&entry.value, &title, page, |section| {
        if let Some(field) = section.get("count") {
            node.count = Some(field.count(COUNTS)?);
            node.place = field.value.place.clone();
        }
        Ok(())
    })
}

/// The names of the nodes at a link's ends, and their positions.
fn ends(
    section: &Section<'_>,
    nodes: &[NodeText],
) -> Result<((String, String), [usize; 2]), Error> {
    let hint = "expected two names of nodes";
    let field = section.need("between", hint)?;
    let items = field.items("nodes", MAX_NODES)?;
    let [a, b] = items.as_slice() else {
        return Err(field.refuse("are not the two ends of a link").hint(hint));
    };
    let end = |field: &Field<'_>| {
        let name = field.text()?;
        let position = nodes.iter().position(|node| node.name == name);
        position.ok_or_else(|| field.unknown("node", nodes.iter().map(|n| &*n.name)))
    };
    let (from, to) = (end(a)?, end(b)?);
    if from == to {
        return Err(field.refuse("joins a node to itself"));
    }
    Ok(((a.text()?.to_owned(), b.text()?.to_owned()), [from, to]))
}

/// Lays the experiment's `[links]` over those of its topology: what it says about all members of
/// a link first, so that what it says about one of them counts.
fn change_links(
    network: &mut Network,
    changes: &Field<'_>,
    library: &Library<'_>,
) -> Result<(), Error> {
    let Some(table) = changes.value.table() else {
        return Err(changes.refuse("is not a table of links"));
    };
    let (groups, single): (Vec<&Entry>, Vec<&Entry>) =
        table.entries.iter().partition(|entry| network.is_group_of_links(&entry.key));
    for entry in groups.into_iter().chain(single) {
        let title = format!("[links.{}]", entry.key);
        let mut found = false;
        for link in network.links_called(&entry.key) {
            found = true;
            change_link(link, entry, &title, library)?;
        }
        if !found {
            return Err(section::unknown_entry(entry, "link", "[links]", network.link_names()));
        }
    }
    Ok(())
}

fn change_link(
    link: &mut Link,
    entry: &Entry,
    title: &str,
    library: &Library<'_>,
) -> Result<(), Error> {
    let pages = link::EXPERIMENT;
    section::read(&entry.value, title, pages.link, |section| {
        link::read(section, link, pages, library)
    })
}
