//! What happens as lines of JSON, and as rows of the table `events`.

use crate::health_tracker::SwitchEvent;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Read};
use weir_records::Event;
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

/// What happened as a line of JSON, without its end: when, on CLOCK_MONOTONIC in nanoseconds, and to
/// whom; `names` are those of the origins.
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

/// The rows of `events` that a log of [`line()`]s means: of a trial that began at `epoch`, a moment of
/// CLOCK_MONOTONIC. What happened before that is told as of the beginning.
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
            event: event.to_owned(),
            detail: Some(detail),
        });
    }
    events
}

/// The name of an event, and its detail.
fn row(record: EventRecord) -> (&'static str, String) {
    match record {
        EventRecord::Good { origin } => ("good", origin),
        EventRecord::Bad { origin, why } => ("bad", format!("{origin}: {why}")),
        EventRecord::Failover { from, to } => ("failover", format!("{from} -> {to}")),
        EventRecord::Switchback { from, to } => ("switchback", format!("{from} -> {to}")),
        EventRecord::NoneGood { kept } => ("none good", kept),
        EventRecord::Disagrees { origin, ahead: 0 } => {
            ("disagrees", format!("{origin}: no longer"))
        }
        EventRecord::Disagrees { origin, ahead } => {
            let where_it_is = if ahead > 0 { "ahead" } else { "behind" };
            ("disagrees", format!("{origin}: {} segments {where_it_is}", ahead.unsigned_abs()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names() -> Vec<String> {
        ["origin-a", "origin-b"].map(str::to_owned).to_vec()
    }

    fn switch_event() -> impl Strategy<Value = SwitchEvent> {
        prop_oneof![
            (0..2usize).prop_map(SwitchEvent::Good),
            (0..2usize, ".{0,400}").prop_map(|(origin, why)| SwitchEvent::Bad(origin, why)),
            (0..2usize).prop_map(|from| SwitchEvent::Failover { from, to: 1 - from }),
            (0..2usize).prop_map(|from| SwitchEvent::Switchback { from, to: 1 - from }),
            (0..2usize).prop_map(SwitchEvent::NoneGood),
            (0..2usize, any::<i64>()).prop_map(|(at, ahead)| SwitchEvent::Disagrees(at, ahead)),
        ]
    }

    #[test]
    fn an_event_is_a_row_on_the_clock_of_the_trial() {
        let at = |ms: u64| Time::from_ns(ms * 1_000_000);
        let happened = [
            (at(900), SwitchEvent::Good(0)),
            (at(1500), SwitchEvent::Bad(0, "HTTP status 500".to_owned())),
            (at(1500), SwitchEvent::Failover { from: 0, to: 1 }),
            (at(2000), SwitchEvent::Switchback { from: 1, to: 0 }),
            (at(3000), SwitchEvent::NoneGood(0)),
            (at(4000), SwitchEvent::Disagrees(1, -102)),
        ];
        let log: Vec<_> = happened.iter().map(|(at, what)| line(*at, what, &names())).collect();
        let rows = events(log.join("\n").as_bytes(), at(1000), "edge", "switch");
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.at_us, row.event.as_str(), row.detail.as_deref().unwrap()))
            .collect();
        let expected = [
            (0, "good", "origin-a"),
            (500_000, "bad", "origin-a: HTTP status 500"),
            (500_000, "failover", "origin-a -> origin-b"),
            (1_000_000, "switchback", "origin-b -> origin-a"),
            (2_000_000, "none good", "origin-a"),
            (3_000_000, "disagrees", "origin-b: 102 segments behind"),
        ];
        assert_eq!(told, expected);
        assert!(rows.iter().all(|row| row.node == "edge" && row.service == "switch"));
    }

    #[test]
    fn a_line_is_read_whatever_stands_around_it() {
        let good = line(Time::ZERO, &SwitchEvent::Good(1), &names());
        let long = "x".repeat(3 * MAX_LINE as usize);
        let log = format!("weir switch: hello\n{{}}\n{long}\n\n{good}\n{good}\n{}", &good[..20]);
        assert_eq!(events(log.as_bytes(), Time::ZERO, "n", "s").len(), 2);
    }

    #[test]
    fn a_log_without_an_end_is_not_read_for_ever() {
        let good = line(Time::ZERO, &SwitchEvent::Good(1), &names()) + "\n";
        let log = good.repeat(MAX_EVENTS + 10);
        assert_eq!(events(log.as_bytes(), Time::ZERO, "n", "s").len(), MAX_EVENTS);
    }

    proptest! {
        #[test]
        fn whatever_happens_is_one_line_and_one_row(at: u64, what in switch_event()) {
            let line = line(Time::from_ns(at), &what, &names());
            prop_assert!(!line.contains('\n'));
            prop_assert_eq!(events(line.as_bytes(), Time::ZERO, "n", "s").len(), 1);
        }

        #[test]
        fn no_log_is_too_strange(log in prop::collection::vec(any::<u8>(), 0..2000)) {
            events(log.as_slice(), Time::ZERO, "n", "s");
        }
    }
}
