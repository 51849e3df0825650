//! A topology: its nodes, its links, and what an experiment says differently about them.

use crate::document::Entry;
use crate::plan::{Discipline, Host, Link, Loss, Queue, Shape, Topology};
use crate::section::{self, Field, Section};
use crate::{Error, Place, files::Topologies};
use std::ops::RangeInclusive;
use weir_units::{BitRate, Ratio, Span};

const MAX_NODES: usize = 64;
const MAX_LINKS: usize = 256;

/// From less than a modem to what a pair of virtual interfaces carries on a good machine.
const RATES: RangeInclusive<BitRate> = BitRate::from_bps(1_000)..=BitRate::from_bps(10_000_000_000);
/// Light takes 1.3 s to the moon: no path that anybody watches over is longer than this.
const DELAYS: RangeInclusive<Span> = Span::ZERO..=Span::from_s(10);
const LOSSES: RangeInclusive<Ratio> = Ratio::ZERO..=Ratio::ONE;

/// A direction about which nothing is said.
const PLAIN: Shape = Shape {
    rate: None,
    delay: Span::ZERO,
    jitter: Span::ZERO,
    reordering_jitter: Span::ZERO,
    queue: Queue::Bdp(Ratio::ONE),
    discipline: Discipline::Fifo,
    loss: Loss::NONE,
};

/// The topology of an experiment, with the experiment's own `[links]` laid over it.
pub(crate) fn read(
    field: &Field<'_>,
    changes: Option<Field<'_>>,
    known: &Topologies<'_>,
) -> Result<Topology, Error> {
    let mut topology = if field.value.table().is_some() {
        let page = "topologies top level";
        field.section("[topology]", page, |section| content("inline", section))?
    } else {
        let tree = known.find(field)?;
        let name = field.text()?;
        let title = format!("topology {name:?}");
        section::read(&tree, &title, "topologies top level", |section| content(name, section))?
    };
    if let Some(changes) = changes {
        change(&mut topology, &changes)?;
    }
    Ok(topology)
}

fn content(name: &str, section: &Section<'_>) -> Result<Topology, Error> {
    let nodes = section.need("nodes", "expected a table [nodes.NAME] for each node")?;
    let nodes: Result<Vec<Host>, Error> =
        nodes.named("node", MAX_NODES)?.iter().map(node).collect();
    let mut topology = Topology { name: name.to_owned(), nodes: nodes?, links: Vec::new() };

    let Some(links) = section.get("links") else { return Ok(topology) };
    // The part of the network that each node belongs to, by the number of one of its nodes.
    let mut parts: Vec<usize> = (0..topology.nodes.len()).collect();
    for entry in links.named("link", MAX_LINKS)? {
        let title = format!("[links.{}]", entry.key);
        let page = "topologies [links.NAME]";
        let (link, ends) = section::read(&entry.value, &title, page, |section| {
            let (between, ends) = ends(section, &topology)?;
            let mut link =
                Link { name: entry.key.clone(), between, forward: PLAIN, backward: PLAIN };
            shapes(section, &mut link, "topologies forward, backward")?;
            Ok((link, ends))
        })?;
        let [from, to] = ends.map(|end| parts[end]);
        if from == to {
            return Err(cycle(&entry.place, &title));
        }
        parts.iter_mut().filter(|part| **part == to).for_each(|part| *part = from);
        topology.links.push(link);
    }
    Ok(topology)
}

fn cycle(place: &Place, title: &str) -> Error {
    Error::at(place, format!("{title} closes a circle: there is no routing over several paths yet"))
}

fn node(entry: &Entry) -> Result<Host, Error> {
    let title = format!("[nodes.{}]", entry.key);
    section::read(&entry.value, &title, "topologies [nodes.NAME]", |_| {
        Ok(Host { name: entry.key.clone() })
    })
}

/// The names of the nodes at a link's ends, and their positions.
fn ends(
    section: &Section<'_>,
    topology: &Topology,
) -> Result<((String, String), [usize; 2]), Error> {
    let hint = "expected two names of nodes";
    let field = section.need("between", hint)?;
    let items = field.items("nodes", MAX_NODES)?;
    let [a, b] = items.as_slice() else {
        return Err(field.refuse("are not the two ends of a link").hint(hint));
    };
    let end = |field: &Field<'_>| {
        let name = field.text()?;
        let position = topology.nodes.iter().position(|node| node.name == name);
        position.ok_or_else(|| field.unknown("node", topology.nodes.iter().map(|n| &*n.name)))
    };
    let (from, to) = (end(a)?, end(b)?);
    if from == to {
        return Err(field.refuse("joins a node to itself"));
    }
    Ok(((a.text()?.to_owned(), b.text()?.to_owned()), [from, to]))
}

/// Lays what a link's section says over what is known of both directions, and then what it says
/// of one.
fn shapes(section: &Section<'_>, link: &mut Link, page: &'static str) -> Result<(), Error> {
    let both = Change::read(section)?;
    for (key, direction) in [("forward", &mut link.forward), ("backward", &mut link.backward)] {
        both.lay_over(direction);
        let title = format!("{key} of {}", section.title());
        let one = section.read(key, |field| field.section(&title, page, Change::read))?;
        one.unwrap_or_default().lay_over(direction);
    }
    Ok(())
}

/// What a section says about a direction of a link.
#[derive(Default)]
struct Change {
    rate: Option<BitRate>,
    delay: Option<Span>,
    loss: Option<Ratio>,
    queue: Option<Queue>,
}

impl Change {
    fn read(section: &Section<'_>) -> Result<Self, Error> {
        Ok(Self {
            rate: section.read("rate", |f| f.quantity(RATES))?,
            delay: section.read("delay", |f| f.quantity(DELAYS))?,
            loss: section.read("loss", |f| f.quantity(LOSSES))?,
            queue: section.read("queue", queue)?,
        })
    }

    fn lay_over(&self, shape: &mut Shape) {
        *shape = Shape {
            rate: self.rate.or(shape.rate),
            delay: self.delay.unwrap_or(shape.delay),
            loss: self.loss.map_or(shape.loss, Loss::Independent),
            queue: self.queue.unwrap_or(shape.queue),
            ..*shape
        };
    }
}

fn queue(field: Field<'_>) -> Result<Queue, Error> {
    // A bare number gets the same answer as any other text that is no depth.
    field.value.to_string().parse().map_err(|problem| field.refuse(problem))
}

/// Lays the experiment's `[links]` over those of its topology.
fn change(topology: &mut Topology, changes: &Field<'_>) -> Result<(), Error> {
    let Some(table) = changes.value.table() else {
        return Err(changes.refuse("is not a table of links"));
    };
    for entry in &table.entries {
        let Some(at) = topology.links.iter().position(|link| link.name == entry.key) else {
            let known = topology.links.iter().map(|link| &*link.name);
            return Err(section::unknown_entry(entry, "link", "[links]", known));
        };
        let title = format!("[links.{}]", entry.key);
        let page = "experiments [links.NAME]";
        section::read(&entry.value, &title, page, |section| {
            shapes(section, &mut topology.links[at], "experiments forward, backward")
        })?;
    }
    Ok(())
}
