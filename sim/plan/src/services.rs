//! The services that make a live stream.

use crate::check::Invalid;
use crate::error::clip;
use crate::kind::{ServiceKind, Upstream};
use crate::limits::MAX_SERVICES;
use crate::names::is_name;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use weir_units::Bytes;

/// A live stream. Its content is encoded, or made ready to be encoded, before the trial, and is
/// published in real time, over and over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Live {
    /// The publish key: a part of the stream's path, so that each stream has folders of its own.
    pub key: String,
    /// Segments that a playlist lists.
    pub window: u64,
}

/// A process that runs on a node for as long as the trial does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name, unique in the trial.
    pub name: String,
    /// The node that it runs on. Services on one node share the folder of its live files.
    pub node: String,
    /// What it is: the name of a [`ServiceKind`] of the plan.
    pub run: String,
    /// The services that it takes from, by their names, the preferred one first.
    pub upstream: Vec<String>,
    /// Values for the settings of its kind; the others have their defaults.
    pub settings: BTreeMap<String, String>,
}

/// The room in the folder of a node's live files.
pub const LIVE_ROOM: Bytes = Bytes::new(256 << 20);

/// Refuses a service that takes from more or fewer than its kind does.
///
/// # Errors
/// If it does.
pub fn check_count(service: &Service, count: usize, kind: &ServiceKind) -> Result<(), Invalid> {
    let (fits, expected) = match kind.upstream {
        Upstream::None => (count == 0, "none"),
        Upstream::One => (count == 1, "one"),
        Upstream::Some => (count >= 1, "at least one"),
    };
    if fits {
        return Ok(());
    }
    let problem = format!("{count} services, but {} needs {expected}", service.run);
    Err(Invalid::new(&["upstream"], problem))
}

/// Refuses services that cannot run together.
///
/// # Errors
/// The position of one that cannot, and why.
pub fn check_together<'k>(
    services: &[Service],
    kind: impl Fn(&str) -> Option<&'k ServiceKind>,
) -> Result<(), (usize, String)> {
    let mut ports = BTreeMap::new();
    for (at, service) in services.iter().enumerate() {
        let Some(port) = kind(&service.name).and_then(|kind| kind.port) else { continue };
        if let Some(other) = ports.insert((&service.node, port), &service.name) {
            let node = &service.node;
            return Err((
                at,
                format!("it would listen at port {port} of {node:?}, as {other:?} does"),
            ));
        }
    }
    // Those that take from nobody that is not done already, until there are no more.
    let mut done = BTreeSet::new();
    loop {
        let ready = |service: &&Service| {
            !done.contains(&service.name) && service.upstream.iter().all(|name| done.contains(name))
        };
        match services.iter().find(ready) {
            Some(service) => done.insert(service.name.clone()),
            None => break,
        };
    }
    match services.iter().position(|service| !done.contains(&service.name)) {
        Some(at) => Err((at, "it takes from itself, by way of its upstream".to_owned())),
        None => Ok(()),
    }
}

/// Refuses services that no experiment has, wherever they come from.
pub(crate) fn check(
    services: &[Service],
    kinds: &BTreeMap<String, ServiceKind>,
    reaches: impl Fn(&str, &str) -> bool,
) -> Result<(), String> {
    let called = |name: &str| {
        let service = services.iter().find(|service| service.name == name)?;
        Some((service, kinds.get(&service.run)?))
    };
    if services.len() > MAX_SERVICES {
        return Err(format!("more than {MAX_SERVICES} services"));
    }
    let mut names = BTreeSet::new();
    for service in services {
        let Service { name, node, run, upstream, settings } = service;
        if !is_name(name) || !names.insert(name) {
            return Err(format!("{:?} is no name of a service, or of two", clip(name)));
        }
        let kind = kinds.get(run).ok_or_else(|| format!("there is no service {:?}", clip(run)))?;
        check_count(service, upstream.len(), kind)?;
        let twice = upstream.iter().collect::<BTreeSet<_>>().len() < upstream.len();
        let serves = |name: &String| {
            called(name).is_some_and(|(other, kind)| {
                kind.port.is_some() && (other.node == *node || reaches(&other.node, node))
            })
        };
        if twice || !reaches(node, node) || !upstream.iter().all(serves) {
            return Err(format!("{name:?} is nowhere, or takes from what it cannot take from"));
        }
        let fits = |(key, value): (&String, &String)| {
            ServiceKind::is_setting(value)
                && kind.settings.get(key).is_some_and(|default| default != value)
        };
        if !settings.iter().all(fits) {
            return Err(format!("{name:?} has settings that {run} does not have"));
        }
    }
    check_together(services, |name| called(name).map(|(_, kind)| kind))
        .map_err(|(at, problem)| format!("service {at}: {problem}"))
}
