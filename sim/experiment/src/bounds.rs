//! A setup that comes from elsewhere than an experiment: its values are within the bounds that
//! the readers of an experiment keep, and its names are names of something.

use crate::live::ServiceKind;
use crate::plan::{
    Ladder, Link, Loss, Media, Origin, Players, Rate, Setup, Shape, Source, TcpProfile, Topology,
    Traffic, TrafficKind,
};
use crate::routes::Parts;
use crate::section::is_name;
use crate::{
    faults, follow, media, members, players, resolve, services, shape, stream, tcp, traced, traffic,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::RangeInclusive;
use weir_abr::SizeHints;
use weir_core::Viewing;

/// The kinds of services, by their names.
type Kinds = BTreeMap<String, ServiceKind>;

/// Refuses what no experiment can ask for. The kinds are good.
pub(crate) fn check(setup: &Setup, kinds: &Kinds) -> Result<(), String> {
    if let Some(what) = setup.lacks(setup.lab) {
        return Err(format!("the lab has no {what}"));
    }
    check_media(&setup.media)?;
    check_topology(&setup.topology)?;
    check_tcp(&setup.tcp)?;
    let parts = setup.topology.parts();
    check_origins(setup, &parts, kinds)?;
    check_live(setup, &parts, kinds)?;
    within("groups of players", &setup.players.len(), &(1..=players::MAX_GROUPS))?;
    for group in &setup.players {
        check_players(group, setup, &parts, kinds)?;
    }
    check_faults(setup, &parts, kinds)?;
    within("tables of traffic", &setup.traffic.len(), &(0..=traffic::MAX_TABLES))?;
    let count = setup.traffic.iter().map(|table| table.count).fold(0, u64::saturating_add);
    within("traffic in all", &count, &(0..=traffic::MAX_COUNT))?;
    for table in &setup.traffic {
        check_traffic(table, &parts)?;
        traffic::check_start(table.start, &setup.players)
            .map_err(|problem| format!("start: {problem}"))?;
    }
    within("the interval", &setup.interval, &resolve::INTERVALS)
}

fn within<T: PartialOrd + Display>(
    what: &str,
    value: &T,
    range: &RangeInclusive<T>,
) -> Result<(), String> {
    if range.contains(value) {
        return Ok(());
    }
    Err(format!("{what}: {value} is out of range ({} to {})", range.start(), range.end()))
}

fn known(what: &str, name: &str, names: &[(&str, &str)]) -> Result<(), String> {
    let found = names.iter().any(|(known, _)| *known == name);
    if found { Ok(()) } else { Err(format!("{what}: {name:?} is unknown")) }
}

fn check_media(media: &Media) -> Result<(), String> {
    let Media { source, segment, ladder: Ladder { name, rungs }, length, loops: _ } = media;
    within("a segment", segment, &media::SEGMENTS)?;
    within("the media's length", length, &media::LENGTHS)?;
    if !length.ns().is_multiple_of(segment.ns()) {
        return Err(format!("{length} is no whole number of segments of {segment}"));
    }
    if let Source::File(path) | Source::Sized(path) = source
        && path.as_os_str().is_empty()
    {
        return Err("the media's source is no path".to_owned());
    }
    if !is_name(name) {
        return Err(format!("{name:?} is no name of a ladder"));
    }
    within("rungs", &rungs.len(), &(1..=weir_abr::MAX_RUNGS))?;
    for rung in rungs {
        within("a picture's width", &rung.width.into(), &media::PIXELS)?;
        within("a picture's height", &rung.height.into(), &media::PIXELS)?;
        within("a rung's bit rate", &rung.bitrate, &media::BIT_RATES)?;
    }
    if rungs.iter().any(|rung| rung.width % 2 + rung.height % 2 > 0) {
        return Err("a rung's picture is odd".to_owned());
    }
    let rising = rungs.windows(2).all(|pair| pair[0].bitrate < pair[1].bitrate);
    if rising { Ok(()) } else { Err("the rungs of the ladder do not rise".to_owned()) }
}

fn check_topology(topology: &Topology) -> Result<(), String> {
    let Topology { name, nodes, links } = topology;
    within("nodes", &nodes.len(), &(0..=members::MAX_NODES))?;
    within("links", &links.len(), &(0..=members::MAX_LINKS))?;
    let mut known = BTreeSet::new();
    let mut names = BTreeSet::new();
    if !is_name(name) {
        return Err(format!("{name:?} is no name of a topology"));
    }
    if let Some(host) = nodes.iter().find(|n| !is_name(&n.name) || !known.insert(n.name.as_str())) {
        return Err(format!("{:?} is no name of a node, or of two", host.name));
    }
    if let Some(link) = links.iter().find(|l| !is_name(&l.name) || !names.insert(l.name.as_str())) {
        return Err(format!("{:?} is no name of a link, or of two", link.name));
    }
    for Link { name, between: (a, b), forward, backward } in links {
        if a == b || !known.contains(a.as_str()) || !known.contains(b.as_str()) {
            return Err(format!("the link {name:?} does not join two nodes"));
        }
        for shape in [forward, backward] {
            check_shape(shape).map_err(|problem| format!("the link {name:?}: {problem}"))?;
        }
    }
    Ok(())
}

/// The depth of a queue was checked when its text was read.
fn check_shape(shape: &Shape) -> Result<(), String> {
    let Shape { rate, delay, jitter, reordering_jitter, loss, .. } = shape;
    match rate {
        None => {}
        Some(Rate::Constant(rate)) => within("rate", rate, &shape::RATES)?,
        Some(Rate::Trace(traced)) => {
            traced::check(traced).map_err(|(key, problem)| format!("{key}: {problem}"))?;
        }
    }
    within("delay", delay, &shape::DELAYS)?;
    within("jitter", jitter, &shape::JITTERS)?;
    within("reordering_jitter", reordering_jitter, &shape::REORDERING_JITTERS)?;
    if reordering_jitter > delay || reordering_jitter.min(jitter).ns() > 0 {
        return Err("its jitter is not possible".to_owned());
    }
    let losses = match loss {
        Loss::Independent(share) => vec![share],
        Loss::GilbertElliott(m) => vec![&m.p, &m.r, &m.loss_bad, &m.loss_good],
    };
    losses.into_iter().try_for_each(|share| within("loss", share, &shape::LOSSES))
}

fn check_tcp(profile: &TcpProfile) -> Result<(), String> {
    known("congestion_control", &profile.congestion_control, &tcp::CONGESTION_CONTROLS)?;
    within("receive_buffer", &profile.receive_buffer, &tcp::BUFFERS)?;
    within("send_buffer", &profile.send_buffer, &tcp::BUFFERS)?;
    within("initial_window", &profile.initial_window, &tcp::INITIAL_WINDOWS)
}

fn check_origins(setup: &Setup, parts: &Parts, kinds: &Kinds) -> Result<(), String> {
    let origins = &setup.origins;
    let counts = if setup.live.is_some() { 0..=0 } else { 1..=players::MAX_GROUPS };
    within("origins", &origins.len(), &counts)?;
    let mut nodes = BTreeSet::new();
    for Origin { node, service } in origins {
        let kind = kinds.get(service).ok_or_else(|| format!("service: {service:?} is unknown"))?;
        players::check_service(service, kind)?;
        if parts.node(node).is_none() || !nodes.insert(node) {
            return Err(format!("no origin can be on {node:?}"));
        }
    }
    Ok(())
}

fn check_live(setup: &Setup, parts: &Parts, kinds: &Kinds) -> Result<(), String> {
    let Some(live) = &setup.live else {
        return within("services without a live stream", &setup.services.len(), &(0..=0));
    };
    within("window", &live.window, &stream::WINDOWS)?;
    if !is_name(&live.key) {
        return Err(format!("{:?} is no name of a stream", live.key));
    }
    stream::check_media(&setup.media).map_err(|(key, problem)| format!("{key}: {problem}"))?;
    services::check(&setup.services, kinds, |from, to| parts.reaches(from, to))
}

fn check_faults(setup: &Setup, parts: &Parts, kinds: &Kinds) -> Result<(), String> {
    let Setup { faults, players, topology, .. } = setup;
    within("faults", &faults.len(), &(0..=faults::MAX_FAULTS))?;
    faults.iter().enumerate().try_for_each(|(at, fault)| {
        let kind = |name: &str| kind_of(name, setup, kinds).map(|k| (k.watchable, k.upstream));
        let node = |name: &str| parts.node(name).is_some();
        faults::check(fault, players, &topology.links, node, kind)
            .map_err(|problem| format!("fault {at}: {problem}"))
    })
}

/// The kind of the service of this name.
fn kind_of<'k>(name: &str, setup: &Setup, kinds: &'k Kinds) -> Option<&'k ServiceKind> {
    let service = setup.services.iter().find(|service| service.name == name)?;
    kinds.get(&service.run)
}

/// The nodes of what a group watches.
fn check_streams<'s>(
    group: &'s Players,
    setup: &'s Setup,
    kinds: &Kinds,
) -> Result<Vec<&'s str>, String> {
    let Players { origin, streams, viewing, .. } = group;
    let Viewing { live, knows, .. } = viewing;
    let Some(rules) = live else {
        let origins = setup.origins.iter().map(|other| other.node.as_str());
        let found: Vec<&str> = origins.filter(|node| node == origin).collect();
        if found.is_empty() || !streams.is_empty() || setup.live.is_some() {
            return Err(format!("there is no origin on {origin:?}"));
        }
        return Ok(found);
    };
    follow::check(rules).map_err(|problem| format!("max_latency: {problem}"))?;
    within("streams", &streams.len(), &(1..=follow::MAX_STREAMS))?;
    let all: BTreeSet<&String> = streams.iter().collect();
    let watchable = |name: &String| kind_of(name, setup, kinds).is_some_and(|kind| kind.watchable);
    if all.len() < streams.len() || !streams.iter().all(watchable) || *knows != SizeHints::Declared
    {
        return Err(format!("nobody can watch {streams:?} so"));
    }
    let services = setup.services.iter();
    let node = |name: &String| services.clone().find(|s| s.name == *name).map(|s| s.node.as_str());
    let nodes: Vec<&str> = streams.iter().filter_map(node).collect();
    if nodes.first().is_none_or(|first| first != origin) {
        return Err(format!("the first stream is not on {origin:?}"));
    }
    Ok(nodes)
}

fn check_players(
    group: &Players,
    setup: &Setup,
    parts: &Parts,
    kinds: &Kinds,
) -> Result<(), String> {
    let Players { nodes, origin: _, streams: _, count, viewing } = group;
    let Viewing { abr, knows: _, watch, max_buffer, startup, resume, profile: _, live: _ } =
        viewing;
    within("count", count, &players::COUNTS)?;
    within("nodes of players", &(nodes.len() as u64), &(1..=*count))?;
    for (origin, node) in check_streams(group, setup, kinds)?
        .into_iter()
        .flat_map(|o| nodes.iter().map(move |n| (o, n)))
    {
        reach(origin, node, parts)?;
    }
    abr.check().map_err(|error| error.to_string())?;
    within("watch", watch, &players::WATCHES)?;
    within("max_buffer", max_buffer, &players::BUFFERS)?;
    within("max_buffer", max_buffer, &(setup.media.segment..=*players::BUFFERS.end()))?;
    within("startup", startup, &(*players::STARTUPS.start()..=*max_buffer))?;
    within("resume", resume, &(*players::STARTUPS.start()..=*max_buffer))
}

fn check_traffic(table: &Traffic, parts: &Parts) -> Result<(), String> {
    let Traffic { from, to, start, length, count, kind } = table;
    reach(from, to, parts)?;
    within("start", start, &traffic::STARTS)?;
    length.iter().try_for_each(|length| within("length", length, &traffic::LENGTHS))?;
    within("count", count, &traffic::COUNTS)?;
    match kind {
        TrafficKind::Udp { rate, packet } => {
            within("rate", rate, &shape::RATES)?;
            within("packet", packet, &traffic::PACKETS)
        }
        TrafficKind::Tcp { congestion_control } => {
            known("congestion_control", congestion_control, &tcp::CONGESTION_CONTROLS)
        }
        TrafficKind::Web { size, pause, congestion_control } => {
            within("size", size, &traffic::SIZES)?;
            within("pause", pause, &traffic::PAUSES)?;
            known("congestion_control", congestion_control, &tcp::CONGESTION_CONTROLS)
        }
    }
}

fn reach(from: &str, to: &str, parts: &Parts) -> Result<(), String> {
    if from != to && parts.reaches(from, to) {
        return Ok(());
    }
    Err(format!("there is no path from {from:?} to {to:?}"))
}
