//! A setup whose names are names of something, and whose values fit each other: what comes from
//! elsewhere than an experiment is held to what its readers keep.

use crate::check::within;
use crate::kind::ServiceKind;
use crate::limits;
use crate::names::is_name;
use crate::players::Players;
use crate::routes::Parts;
use crate::services;
use crate::setup::{Origin, Setup};
use std::collections::{BTreeMap, BTreeSet};

/// The kinds of services, by their names.
type Kinds = BTreeMap<String, ServiceKind>;

impl Setup {
    /// Refuses what no experiment can ask for. The kinds are good.
    pub(crate) fn check(&self, kinds: &Kinds) -> Result<(), String> {
        if let Some(what) = self.lacks(self.lab) {
            return Err(format!("the lab has no {what}"));
        }
        self.media.check()?;
        self.topology.check()?;
        self.tcp.check()?;
        let parts = self.topology.parts();
        check_origins(self, &parts, kinds)?;
        check_live(self, &parts, kinds)?;
        within("groups of players", &self.players.len(), &(1..=limits::MAX_GROUPS))?;
        for group in &self.players {
            for origin in check_streams(group, self, kinds)? {
                group.nodes.iter().try_for_each(|node| reach(origin, node, &parts))?;
            }
            group.check(&self.media)?;
        }
        within("faults", &self.faults.len(), &(0..=limits::MAX_FAULTS))?;
        for (at, fault) in self.faults.iter().enumerate() {
            fault
                .check(&self.players, &self.topology, |name| kind_of(name, self, kinds))
                .map_err(|problem| format!("fault {at}: {problem}"))?;
        }
        within("tables of traffic", &self.traffic.len(), &(0..=limits::MAX_TABLES))?;
        let count = self.traffic.iter().map(|table| table.count).fold(0, u64::saturating_add);
        within("traffic in all", &count, &(0..=limits::MAX_TRAFFIC))?;
        for table in &self.traffic {
            reach(&table.from, &table.to, &parts)?;
            table.check()?;
            table.check_start(&self.players)?;
        }
        Ok(within("interval", &self.interval, &limits::INTERVALS)?)
    }
}

fn check_origins(setup: &Setup, parts: &Parts, kinds: &Kinds) -> Result<(), String> {
    let origins = &setup.origins;
    let counts = if setup.live.is_some() { 0..=0 } else { 1..=limits::MAX_GROUPS };
    within("origins", &origins.len(), &counts)?;
    let mut nodes = BTreeSet::new();
    for Origin { node, service } in origins {
        let kind = kinds.get(service).ok_or_else(|| format!("service: {service:?} is unknown"))?;
        kind.check_recorded(service)?;
        if parts.node(node).is_none() || !nodes.insert(node) {
            return Err(format!("no origin can be on {node:?}"));
        }
    }
    Ok(())
}

fn check_live(setup: &Setup, parts: &Parts, kinds: &Kinds) -> Result<(), String> {
    let Some(live) = &setup.live else {
        return Ok(within("services without a live stream", &setup.services.len(), &(0..=0))?);
    };
    within("window", &live.window, &limits::WINDOWS)?;
    if !is_name(&live.key) {
        return Err(format!("{:?} is no name of a stream", live.key));
    }
    setup.media.check_live()?;
    services::check(&setup.services, kinds, |from, to| parts.reaches(from, to))
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
    if viewing.live.is_none() {
        let origins = setup.origins.iter().map(|other| other.node.as_str());
        let found: Vec<&str> = origins.filter(|node| node == origin).collect();
        if found.is_empty() || !streams.is_empty() || setup.live.is_some() {
            return Err(format!("there is no origin on {origin:?}"));
        }
        return Ok(found);
    }
    within("streams", &streams.len(), &(1..=limits::MAX_STREAMS))?;
    let all: BTreeSet<&String> = streams.iter().collect();
    let watchable = |name: &String| kind_of(name, setup, kinds).is_some_and(|kind| kind.watchable);
    if all.len() < streams.len() || !streams.iter().all(watchable) {
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

fn reach(from: &str, to: &str, parts: &Parts) -> Result<(), String> {
    if from != to && parts.reaches(from, to) {
        return Ok(());
    }
    Err(format!("there is no path from {from:?} to {to:?}"))
}
