//! How often a switcher left an origin without need, and how often it could be without having shown.

use super::drill::FAILOVER;
use super::faults::{faults, in_force};
use super::rows::DrillTrial;
use crate::methods::poisson;
use weir_records::Alarm;

/// Microseconds of an hour.
pub const HOUR_US: f64 = 3_600e6;

/// What a switcher did in a trial.
pub fn alarm(trial: &str, seen: &DrillTrial) -> Alarm {
    let begin = seen.sessions.iter().map(|session| session.start_us).min().unwrap_or(0);
    let in_force = in_force(&faults(&seen.events));
    let faulty = |at: u64| in_force.iter().any(|(from, to)| (*from..*to).contains(&at));
    // What happens while services get ready says nothing.
    let events = |name: &'static str| {
        let events = seen.events.iter().filter(move |event| event.event == name);
        events.map(|event| event.at_us).filter(move |at| *at >= begin)
    };
    let overlap = |(from, to): &(u64, u64)| to.min(&seen.end_us).saturating_sub(*from.max(&begin));
    let in_force_us = in_force.iter().map(overlap).fold(0, u64::saturating_add);
    let observed_us = seen.end_us.saturating_sub(begin).saturating_sub(in_force_us);
    let false_failovers = events(FAILOVER).filter(|at| !faulty(*at)).count() as u64;
    Alarm {
        trial: trial.to_owned(),
        observed_us,
        bad: events("bad").filter(|at| !faulty(*at)).count() as u64,
        failovers: events(FAILOVER).count() as u64,
        false_failovers,
        false_failovers_high_per_hour: high_per_hour(false_failovers, observed_us),
    }
}

/// The 95 % upper bound of the rate per hour of what happened so often in this time; `None` of no
/// time.
pub fn high_per_hour(count: u64, observed_us: u64) -> Option<f64> {
    (observed_us > 0).then(|| poisson::high(count) / (observed_us as f64 / HOUR_US))
}

#[cfg(test)]
mod tests {
    use super::super::rows::{EventRow, ViewingRow};
    use super::*;

    const S: u64 = 1_000_000;

    fn events(list: &[(u64, &str)]) -> DrillTrial {
        let event = |(at, event): &(u64, &str)| EventRow {
            at_us: at * S,
            node: "front".into(),
            service: "front".into(),
            event: (*event).into(),
            detail: None,
        };
        let session = ViewingRow {
            session: 0,
            node: "viewer".into(),
            start_us: 100 * S,
            session_us: 800 * S,
            err: None,
        };
        DrillTrial {
            end_us: 1_000 * S,
            events: list.iter().map(event).collect(),
            requests: vec![],
            stalls: vec![],
            moments: vec![],
            sessions: vec![session],
        }
    }

    #[test]
    fn a_failover_is_false_without_a_fault_in_force_or_just_over() {
        let seen = events(&[
            (50, "failover"),
            (150, "failover"),
            (150, "bad"),
            (200, "fault"),
            (230, "failover"),
            (240, "fault over"),
            (299, "failover"),
            (301, "failover"),
        ]);
        let found = alarm("c0000-r0", &seen);
        assert_eq!((found.failovers, found.false_failovers, found.bad), (4, 2, 1));
        assert_eq!(found.observed_us, 800 * S);
        // Nothing is a false alarm after a fault that stays.
        let found = alarm("c0000-r0", &events(&[(400, "fault"), (900, "failover")]));
        assert_eq!((found.false_failovers, found.observed_us), (0, 300 * S));
        let never = alarm("c0000-r0", &events(&[(10, "fault")]));
        assert_eq!((never.observed_us, never.false_failovers_high_per_hour), (0, None));
    }

    #[test]
    fn the_bound_of_what_was_never_seen_is_three_over_the_time() {
        let found = high_per_hour(0, 5 * 3_600 * S).unwrap();
        assert!((found - 0.599).abs() < 1e-3, "{found}");
    }
}
