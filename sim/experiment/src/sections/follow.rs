//! What `[[players]]` says of a live stream: where they watch it, and how they follow it.

use crate::document::section::{Field, Section};
use crate::sections::services::Services;
use weir_core::LiveRules;
use weir_plan::{Error, Service, limits};

/// The keys that only a live stream has, but `origin`.
const KEYS: [&str; 4] = ["catch_up", "target_latency", "max_latency", "stale"];

/// The nodes and the names of the services that a group can watch at, the preferred one first.
pub(crate) fn streams(
    section: &Section<'_>,
    services: &Services,
) -> Result<Vec<(String, String)>, Error> {
    let named = |service: &Service| (service.node.clone(), service.name.clone());
    let Some(field) = section.get("origin") else {
        let last = services.last_watchable();
        let missing = || section.missing("origin").hint("there is no service to watch at");
        return last.map(|service| vec![named(service)]).ok_or_else(missing);
    };
    let mut streams = Vec::new();
    for item in field.one_or_more("services", limits::MAX_STREAMS)? {
        let stream = named(services.watchable(&item)?);
        if streams.contains(&stream) {
            return Err(item.refuse("stands there twice"));
        }
        streams.push(stream);
    }
    if streams.is_empty() {
        return Err(field.refuse("names no service").hint("expected at least one"));
    }
    Ok(streams)
}

/// How a group follows a live stream.
pub(crate) fn rules(section: &Section<'_>) -> Result<LiveRules, Error> {
    let span = |key| section.read(key, |f: Field<'_>| f.quantity(limits::LATENCIES));
    Ok(LiveRules {
        catch_up: section.read("catch_up", |f| f.variant())?.unwrap_or_default(),
        target: span("target_latency")?,
        max_latency: span("max_latency")?,
        stale: span("stale")?,
    })
}

/// Of recorded content there are none: what only a live stream has is refused.
pub(crate) fn none(section: &Section<'_>) -> Result<Option<LiveRules>, Error> {
    match KEYS.into_iter().find(|key| section.get(key).is_some()) {
        None => Ok(None),
        Some(key) => {
            Err(section.refuse(&[key], "only a live stream has it").hint("there is no [live]"))
        }
    }
}
