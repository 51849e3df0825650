//! `[[origins]]` and `[[players]]`: who serves, and who watches.

use crate::document::{Data, Value};
use crate::plan::{Host, Origin, Players, Topology};
use crate::section::{Field, Section};
use crate::{Error, Media};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use weir_abr::{Choice, Knows};
use weir_units::Span;

/// The most groups of players, and the most origins.
const MAX_GROUPS: usize = 64;
/// The most players of a group.
const COUNTS: RangeInclusive<u64> = 1..=1000;
const WATCHES: RangeInclusive<Span> = Span::from_s(1)..=Span::from_s(24 * 3600);
const WATCH: Span = Span::from_s(60);
/// The most that a player keeps: 240 s is the largest that the literature uses (BBA).
const BUFFERS: RangeInclusive<Span> = Span::from_ms(500)..=Span::from_s(3600);
const BUFFER: Span = Span::from_s(25);
const STARTUPS: RangeInclusive<Span> = Span::ZERO..=Span::from_s(3600);
const STARTUP: Span = Span::from_s(2);

const SERVICES: [(&str, &str); 1] = [("nginx", "nginx")];
const KNOWLEDGE: [(&str, Knows); 2] = [("declared", Knows::Declared), ("sizes", Knows::Sizes)];

/// The origins of an experiment; without a word about them, one on the node `origin`.
pub(crate) fn origins(experiment: &Section<'_>, topology: &Topology) -> Result<Vec<Origin>, Error> {
    let mut origins: Vec<Origin> = Vec::new();
    let Some(field) = experiment.get("origins") else {
        return match topology.nodes.iter().find(|node| node.name == "origin") {
            Some(Host { name }) => {
                Ok(vec![Origin { node: name.clone(), service: "nginx".to_owned() }])
            }
            None => Err(experiment.missing("origins").hint("no node is called \"origin\"")),
        };
    };
    for item in field.items("tables [[origins]]", MAX_GROUPS)? {
        let origin = item.section("[[origins]]", "experiments [[origins]]", |section| {
            let node = node(section, topology, "origin")?;
            let service = section.read("service", |f| f.one_of(&SERVICES))?;
            if origins.iter().any(|other| other.node == node) {
                let problem = format!("there is another origin on {node:?} already");
                return Err(section.refuse(&["node"], problem));
            }
            Ok(Origin { node, service: service.unwrap_or("nginx").to_owned() })
        })?;
        origins.push(origin);
    }
    Ok(origins)
}

/// The players of an experiment, in groups.
pub(crate) fn players(
    field: &Field<'_>,
    topology: &Topology,
    origins: &[Origin],
    media: &Media,
) -> Result<Vec<Players>, Error> {
    let items = field.items("tables [[players]]", MAX_GROUPS)?;
    if items.is_empty() {
        return Err(field.refuse("has nobody who watches").hint("expected at least one"));
    }
    let group = |item: &Field<'_>| {
        item.section("[[players]]", "experiments [[players]]", |section| {
            let players = group(section, topology, origins)?;
            check_buffers(section, &players, media)?;
            Ok(players)
        })
    };
    items.iter().map(group).collect()
}

fn group(section: &Section<'_>, topology: &Topology, origins: &[Origin]) -> Result<Players, Error> {
    let node = node(section, topology, "viewer")?;
    let origin = origin(section, origins)?;
    if topology.path(&origin, &node).is_none_or(|path| path.is_empty()) {
        let problem = format!("there is no path from the origin on {origin:?} to {node:?}");
        return Err(section.refuse(&["node", "origin"], problem));
    }
    let span = |key, range| section.read(key, |f: Field<'_>| f.quantity(range));
    Ok(Players {
        nodes: vec![node],
        origin,
        count: section.read("count", |f| f.count(COUNTS))?.unwrap_or(1),
        abr: choice(&section.need("abr", "expected the name of an algorithm")?)?,
        knows: section.read("knows", |f| f.one_of(&KNOWLEDGE))?.unwrap_or(Knows::Declared),
        watch: span("watch", WATCHES)?.unwrap_or(WATCH),
        max_buffer: span("max_buffer", BUFFERS)?.unwrap_or(BUFFER),
        startup: span("startup", STARTUPS)?.unwrap_or(STARTUP),
        resume: span("resume", STARTUPS)?.unwrap_or(STARTUP),
    })
}

/// The node that a section names, or else the one called `default`.
fn node(section: &Section<'_>, topology: &Topology, default: &str) -> Result<String, Error> {
    let names = || topology.nodes.iter().map(|node| node.name.as_str());
    match section.get("node") {
        Some(field) => {
            let text = field.text()?;
            let found = names().find(|name| *name == text).map(str::to_owned);
            found.ok_or_else(|| field.unknown("node", names()))
        }
        None if names().any(|name| name == default) => Ok(default.to_owned()),
        None => {
            let names: Vec<&str> = names().collect();
            let hint = format!("known nodes: {}; none is called {default:?}", names.join(", "));
            Err(section.missing("node").hint(hint))
        }
    }
}

/// The origin that a section names by its node, or else the first.
fn origin(section: &Section<'_>, origins: &[Origin]) -> Result<String, Error> {
    let names = || origins.iter().map(|origin| origin.node.as_str());
    match section.get("origin") {
        Some(field) => {
            let text = field.text()?;
            let found = names().find(|name| *name == text).map(str::to_owned);
            found.ok_or_else(|| field.unknown("origin", names()))
        }
        None => names()
            .next()
            .map(str::to_owned)
            .ok_or_else(|| section.missing("origin").hint("there are no origins")),
    }
}

/// Every session must be able to begin, and to go on after a stall.
fn check_buffers(section: &Section<'_>, players: &Players, media: &Media) -> Result<(), Error> {
    let Players { max_buffer, startup, resume, .. } = players;
    if *max_buffer < media.segment {
        let problem = format!("{max_buffer} is less than a segment, {}", media.segment);
        return Err(section.refuse(&["max_buffer"], problem));
    }
    for (key, needed) in [("startup", startup), ("resume", resume)] {
        if needed > max_buffer {
            let problem = format!("{needed} is more than max_buffer, {max_buffer}");
            return Err(section.refuse(&[key, "max_buffer"], problem));
        }
    }
    Ok(())
}

/// An algorithm: its name, or a table of its name and parameters.
fn choice(field: &Field<'_>) -> Result<Choice, Error> {
    if field.value.table().is_none() {
        return entry(field).map(|entry| Choice::named(entry.name));
    }
    // Its keys depend on the algorithm: FORMAT.md lists them apart.
    let choice = field.section("abr of [[players]]", "", |section| {
        let name = section.need("name", "expected the name of an algorithm")?;
        let entry = entry(&name)?;
        let mut params = BTreeMap::new();
        for param in entry.params {
            let value = section.read(param.name, |f| parameter(&f))?;
            if let Some(value) = value.filter(|value| value != param.default) {
                params.insert(param.name.to_owned(), value);
            }
        }
        Ok(Choice { name: entry.name.to_owned(), params })
    })?;
    choice.check().map_err(|error| Error::at(&field.value.place, format!("{error}")))?;
    Ok(choice)
}

fn entry(field: &Field<'_>) -> Result<&'static weir_abr::Entry, Error> {
    let name = field.text()?;
    let known = weir_abr::registry();
    let found = known.iter().find(|entry| entry.name == name);
    found.ok_or_else(|| field.unknown("algorithm", known.iter().map(|entry| entry.name)))
}

fn parameter(field: &Field<'_>) -> Result<String, Error> {
    let Value { data, .. } = field.value;
    match data {
        Data::Text(text) => Ok(text.clone()),
        Data::Integer(_, Some(number)) => Ok(number.to_string()),
        _ => Err(field.refuse("is no parameter").hint("expected a text or a whole number")),
    }
}
