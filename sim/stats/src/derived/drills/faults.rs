//! The faults of a trial, and when they were in force.

use super::rows::EventRow;
use weir_records::{EventKind, FaultKind};

/// After a fault is over, what it left behind is still at work: playlists are stale, probes have to
/// succeed again. A reaction within this time is one to the fault. A switcher with default
/// settings calls an origin bad 20 s + 3 x 5 s and one time-out after the last new segment.
const AFTERMATH_US: u64 = 60_000_000;

/// A fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillFault {
    /// When it began.
    pub at_us: u64,
    /// In the words of its event.
    pub kind: String,
    /// The service, or the node or link.
    pub target: String,
    /// When it was over, if it was.
    pub over_us: Option<u64>,
}

/// The faults of these events, in the order of time.
pub fn faults(events: &[EventRow]) -> Vec<DrillFault> {
    let mut in_order: Vec<&EventRow> = events.iter().collect();
    in_order.sort_by_key(|event| event.at_us);
    let mut found: Vec<DrillFault> = Vec::new();
    for event in in_order {
        let target = if event.service.is_empty() { &event.node } else { &event.service };
        let kind = event.detail.as_deref().unwrap_or("fault");
        match event.kind() {
            Some(EventKind::Fault) => found.push(DrillFault {
                at_us: event.at_us,
                kind: kind.to_owned(),
                target: target.clone(),
                over_us: FaultKind::of_detail(kind)
                    .is_some_and(FaultKind::is_momentary)
                    .then_some(event.at_us),
            }),
            Some(EventKind::FaultOver) => {
                // It may say what is over, and where several are in force it has to.
                let open =
                    |fault: &&mut DrillFault| fault.over_us.is_none() && fault.target == *target;
                let same = found.iter_mut().filter(open).position(|fault| fault.kind == kind);
                if let Some(fault) = found.iter_mut().filter(open).nth(same.unwrap_or(0)) {
                    fault.over_us = Some(event.at_us);
                }
            }
            _ => {}
        }
    }
    found
}

/// When faults were in force, their aftermath included: intervals in order, without overlap.
pub fn in_force(faults: &[DrillFault]) -> Vec<(u64, u64)> {
    let mut spans: Vec<(u64, u64)> =
        faults.iter().map(|fault| (fault.at_us, fault.over_us.map_or(u64::MAX, after))).collect();
    spans.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => joined.push((from, to)),
        }
    }
    joined
}

fn after(over_us: u64) -> u64 {
    over_us.saturating_add(AFTERMATH_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at_us: u64, service: &str, event: &str, detail: &str) -> EventRow {
        EventRow {
            at_us,
            node: "here".into(),
            service: service.into(),
            event: event.into(),
            detail: (!detail.is_empty()).then(|| detail.into()),
        }
    }

    #[test]
    fn a_fault_is_over_when_its_place_and_its_kind_are_said_to_be() {
        let events = [
            event(9, "a", "fault over", "freeze"),
            event(1, "a", "fault", "kill"),
            event(2, "a", "fault", "freeze"),
            event(3, "b", "fault", "kill"),
            event(4, "b", "fault over", ""),
            event(5, "", "fault", "down"),
            event(6, "a", "ready", ""),
            event(7, "c", "fault", "restart"),
        ];
        let found = faults(&events);
        let seen: Vec<_> = found.iter().map(|f| (f.target.as_str(), f.over_us)).collect();
        assert_eq!(
            seen,
            [("a", None), ("a", Some(9)), ("b", Some(4)), ("here", None), ("c", Some(7))]
        );
        assert_eq!(found[1].kind, "freeze");
    }

    #[test]
    fn faults_that_overlap_are_in_force_once_and_one_that_stays_for_ever() {
        let fault =
            |at_us, over_us| DrillFault { at_us, kind: "kill".into(), target: "a".into(), over_us };
        let minute = AFTERMATH_US;
        let spans = in_force(&[fault(5, Some(6)), fault(1, Some(3)), fault(9 * minute, None)]);
        assert_eq!(spans, [(1, 6 + minute), (9 * minute, u64::MAX)]);
        assert_eq!(in_force(&[]), []);
    }
}
