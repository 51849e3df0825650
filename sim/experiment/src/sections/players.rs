//! `[[origins]]` and `[[players]]`: who serves recorded content, and who watches.

use crate::document::section::{Field, Section};
use crate::library::Library;
use crate::sections::members::Network;
use crate::sections::services::Services;
use crate::sections::{abr, follow};
use std::collections::BTreeMap;
use weir_abr::{Side, SizeHints};
use weir_core::{PlayerProfile, Viewing};
use weir_plan::{Error, Media, Origin, Players, limits};
use weir_units::Span;

const WATCH: Span = Span::from_s(60);

/// The service of an origin about which nothing is said.
const SERVICE: &str = "nginx";
/// Nothing can be said too, as a value of an axis.
const SIDES: [(&str, Option<Side>); 3] =
    [("none", None), ("left", Some(Side::Left)), ("right", Some(Side::Right))];

/// The origins of an experiment; without a word about them, one on the node `origin`.
pub(crate) fn origins(
    experiment: &Section<'_>,
    network: &Network,
    library: &Library<'_>,
) -> Result<Vec<Origin>, Error> {
    let mut origins: Vec<Origin> = Vec::new();
    let Some(field) = experiment.get("origins") else {
        return match network.node("origin") {
            Some(node) => {
                let service = service(experiment, None, library)?;
                Ok(vec![Origin { node: node.to_owned(), service }])
            }
            None => Err(experiment.missing("origins").hint("no node is called \"origin\"")),
        };
    };
    for item in field.items("tables [[origins]]", limits::MAX_GROUPS)? {
        let origin = item.section("[[origins]]", "experiments [[origins]]", |section| {
            let node = match section.get("node") {
                Some(field) => network.node_named(&field)?,
                None => {
                    network.node("origin").ok_or_else(|| no_default(section, network, "origin"))?
                }
            };
            let node = node.to_owned();
            let service = service(section, section.get("service"), library)?;
            if origins.iter().any(|other| other.node == node) {
                let problem = format!("there is another origin on {node:?} already");
                return Err(section.refuse(&["node"], problem));
            }
            Ok(Origin { node, service })
        })?;
        origins.push(origin);
    }
    Ok(origins)
}

/// What serves at an origin.
fn service(
    section: &Section<'_>,
    field: Option<Field<'_>>,
    library: &Library<'_>,
) -> Result<String, Error> {
    let (name, kind) = match field {
        Some(field) => (field.text()?, library.kind(&field)?),
        None => (SERVICE, library.usual_kind(SERVICE, section)?),
    };
    section.check(kind.check_recorded(name))?;
    library.use_kind(name, &kind);
    Ok(name.to_owned())
}

/// Who can be watched.
#[derive(Clone, Copy)]
pub(crate) enum Watched<'a> {
    /// Origins of recorded content.
    Recorded(&'a [Origin]),
    /// Services of a live stream.
    Live(&'a Services),
}

/// The players of an experiment, in groups.
pub(crate) fn players(
    field: &Field<'_>,
    network: &Network,
    watched: Watched<'_>,
    media: &Media,
    library: &Library<'_>,
) -> Result<Vec<Players>, Error> {
    let items = field.items("tables [[players]]", limits::MAX_GROUPS)?;
    if items.is_empty() {
        return Err(field.refuse("has nobody who watches").hint("expected at least one"));
    }
    // How many players were dealt to the members of each node.
    let mut dealt = BTreeMap::new();
    let group = |item: &Field<'_>| {
        item.section("[[players]]", "experiments [[players]]", |section| {
            let players = group(section, network, watched, &mut dealt, library)?;
            section.check(players.check(media))?;
            Ok(players)
        })
    };
    items.iter().map(group).collect()
}

fn group(
    section: &Section<'_>,
    network: &Network,
    watched: Watched<'_>,
    dealt: &mut BTreeMap<String, u64>,
    library: &Library<'_>,
) -> Result<Players, Error> {
    let node = section.get("node");
    let sources = match watched {
        Watched::Recorded(origins) => vec![(origin(section, origins)?, String::new())],
        Watched::Live(services) => follow::streams(section, services)?,
    };
    let count = section.read("count", |f| f.count(limits::PLAYER_COUNTS))?.unwrap_or(1);
    let nodes = nodes(section, node, network, count, dealt)?;
    for (node, (origin, _)) in nodes.iter().flat_map(|n| sources.iter().map(move |s| (n, s))) {
        if node == origin || !network.reaches(origin, node) {
            let problem = format!("there is no path from the origin on {origin:?} to {node:?}");
            return Err(section.refuse(&["node", "origin"], problem));
        }
    }
    let live = match watched {
        Watched::Recorded(_) => follow::none(section)?,
        Watched::Live(_) => Some(follow::rules(section)?),
    };
    let (origins, streams): (Vec<String>, Vec<String>) = sources.into_iter().unzip();
    let span = |key, range| section.read(key, |f: Field<'_>| f.quantity(range));
    let knows = section.read("knows", |f| f.variant())?.unwrap_or(SizeHints::Declared);
    let profile = profile(section)?;
    let preset = profile.preset;
    Ok(Players {
        nodes,
        origin: origins.into_iter().next().unwrap_or_default(),
        streams: streams.into_iter().filter(|_| live.is_some()).collect(),
        count,
        viewing: Viewing {
            abr: abr::choice(&section.need("abr", abr::HINT)?, library)?,
            knows,
            watch: span("watch", limits::WATCHES)?.unwrap_or(WATCH),
            max_buffer: span("max_buffer", limits::BUFFERS)?.unwrap_or(preset.max_buffer()),
            startup: span("startup", limits::STARTUPS)?.unwrap_or(preset.startup()),
            resume: span("resume", limits::STARTUPS)?.unwrap_or(preset.resume()),
            profile,
            live,
        },
    })
}

/// How a group's players go about it.
fn profile(section: &Section<'_>) -> Result<PlayerProfile, Error> {
    Ok(PlayerProfile {
        preset: section.read("preset", |f| f.variant())?.unwrap_or_default(),
        abandonment: section.read("abandonment", |f| f.flag())?,
        replacement: section.read("replacement", |f| f.one_of(&SIDES))?.flatten(),
    })
}

/// The nodes of a group of `count` players. The members of a node that has a count take turns over
/// all groups, so that two groups of two players use four of them.
fn nodes(
    section: &Section<'_>,
    field: Option<Field<'_>>,
    network: &Network,
    count: u64,
    dealt: &mut BTreeMap<String, u64>,
) -> Result<Vec<String>, Error> {
    let name = field.map_or(Ok("viewer"), |field| field.text())?;
    if let Some(members) = network.members(name) {
        let before = dealt.entry(name.to_owned()).or_default();
        // At most 1000 players of 64 groups.
        let first = *before as usize % members.len().max(1);
        *before += count;
        let turn = members.iter().cycle().skip(first).take(members.len());
        return Ok(turn.take(count as usize).cloned().collect());
    }
    let node = match field {
        Some(field) => network.node_named(&field)?,
        None => network.node(name).ok_or_else(|| no_default(section, network, name))?,
    };
    Ok(vec![node.to_owned()])
}

/// The refusal of a section that does not name a node, where none has the name that is meant then.
fn no_default(section: &Section<'_>, network: &Network, default: &str) -> Error {
    let names = network.node_names().join(", ");
    let hint = format!("known nodes: {names}; none is called {default:?}");
    section.missing("node").hint(hint)
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
