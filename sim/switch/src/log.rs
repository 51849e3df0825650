//! What happens as lines of JSON, and as rows of the table `events`.

use crate::health_tracker::SwitchEvent;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Read};
use weir_records::{Event, EventKind};
use weir_units::Time;

/// The longest line that is read.
const MAX_LINE: u64 = 64 << 10;
/// The most rows of one log: a switcher whose origins take turns every second for a day.
const MAX_EVENTS: usize = 100_000;
/// How much is told of why an origin is bad: an origin has a part in that text.
const MAX_WHY: usize = 300;

/// A line.
#[derive(Serialize, Deserialize)]
struct Line {
    /// CLOCK_MONOTONIC, which all processes of a machine share.
    monotonic_ns: u64,
    #[serde(flatten)]
    record: EventRecord,
}

/// A [`SwitchEvent`] with the names of origins.
#[derive(Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum EventRecord {
    Good { origin: String },
    Bad { origin: String, why: String },
    Failover { from: String, to: String },
    Switchback { from: String, to: String },
    NoneGood { kept: String },
    Disagrees { origin: String, ahead: i64 },
}

/// What happened as a line of JSON, without its end: when, on CLOCK_MONOTONIC in nanoseconds, and
/// to whom; `names` are those of the origins.
pub fn line(at: Time, what: &SwitchEvent, names: &[String]) -> String {
    let name = |at: &usize| names.get(*at).cloned().unwrap_or_default();
    let record = match what {
        SwitchEvent::Good(origin) => EventRecord::Good { origin: name(origin) },
        SwitchEvent::Bad(origin, why) => {
            EventRecord::Bad { origin: name(origin), why: why.chars().take(MAX_WHY).collect() }
        }
        SwitchEvent::Failover { from, to } => {
            EventRecord::Failover { from: name(from), to: name(to) }
        }
        SwitchEvent::Switchback { from, to } => {
            EventRecord::Switchback { from: name(from), to: name(to) }
        }
        SwitchEvent::NoneGood(kept) => EventRecord::NoneGood { kept: name(kept) },
        SwitchEvent::Disagrees(origin, ahead) => {
            EventRecord::Disagrees { origin: name(origin), ahead: *ahead }
        }
    };
    // It has no keys that JSON could not have.
    serde_json::to_string(&Line { monotonic_ns: at.ns(), record }).unwrap_or_default()
}

/// The rows of `events` that a log of [`line()`]s means: of a trial that began at `epoch`, a moment
/// of CLOCK_MONOTONIC. What happened before that is told as of the beginning.
///
/// Lines that are none, for they are cut off or too long, are left out; so is what follows upon
/// 100,000 rows, or upon an error of reading.
pub fn events(mut log: impl BufRead, epoch: Time, node: &str, service: &str) -> Vec<Event> {
    let mut events = Vec::new();
    let mut bytes = Vec::new();
    while events.len() < MAX_EVENTS {
        bytes.clear();
        match log.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        // The rest of a line that is too long begins in the middle of a value, which is no line.
        let Ok(line) = serde_json::from_slice::<Line>(&bytes) else { continue };
        let (event, detail) = row(line.record);
        events.push(Event {
            at_us: Time::from_ns(line.monotonic_ns).since(epoch).us(),
            node: node.to_owned(),
            service: service.to_owned(),
            event,
            detail: Some(detail),
        });
    }
    events
}

/// The name of an event, and its detail.
fn row(record: EventRecord) -> (EventKind, String) {
    match record {
        EventRecord::Good { origin } => (EventKind::Good, origin),
        EventRecord::Bad { origin, why } => (EventKind::Bad, format!("{origin}: {why}")),
        EventRecord::Failover { from, to } => (EventKind::Failover, format!("{from} -> {to}")),
        EventRecord::Switchback { from, to } => (EventKind::Switchback, format!("{from} -> {to}")),
        EventRecord::NoneGood { kept } => (EventKind::NoneGood, kept),
        EventRecord::Disagrees { origin, ahead: 0 } => {
            (EventKind::Disagrees, format!("{origin}: no longer"))
        }
        EventRecord::Disagrees { origin, ahead } => {
            let where_it_is = if ahead > 0 { "ahead" } else { "behind" };
            (
                EventKind::Disagrees,
                format!("{origin}: {} segments {where_it_is}", ahead.unsigned_abs()),
            )
        }
    }
}
