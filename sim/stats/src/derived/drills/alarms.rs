//! How often a switcher left an origin without need, and how often it could be without having
//! shown.

use super::faults::{faults, in_force};
use super::rows::DrillTrial;
use crate::methods::poisson;
use weir_records::{Alarm, EventKind};

/// Microseconds of an hour.
pub const HOUR_US: f64 = 3_600e6;

/// What a switcher did in a trial.
pub fn alarm(trial: &str, seen: &DrillTrial) -> Alarm {
    let begin = seen.sessions.iter().map(|session| session.start_us).min().unwrap_or(0);
    let in_force = in_force(&faults(&seen.events));
    let faulty = |at: u64| in_force.iter().any(|(from, to)| (*from..*to).contains(&at));
    // What happens while services get ready says nothing.
    let events = |kind: EventKind| {
        let events = seen.events.iter().filter(move |event| event.kind() == Some(kind));
        events.map(|event| event.at_us).filter(move |at| *at >= begin)
    };
    let overlap = |(from, to): &(u64, u64)| to.min(&seen.end_us).saturating_sub(*from.max(&begin));
    let in_force_us = in_force.iter().map(overlap).fold(0, u64::saturating_add);
    let observed_us = seen.end_us.saturating_sub(begin).saturating_sub(in_force_us);
    let false_failovers = events(EventKind::Failover).filter(|at| !faulty(*at)).count() as u64;
    Alarm {
        trial: trial.to_owned(),
        observed_us,
        bad: events(EventKind::Bad).filter(|at| !faulty(*at)).count() as u64,
        failovers: events(EventKind::Failover).count() as u64,
        false_failovers,
        false_failovers_high_per_hour: high_per_hour(false_failovers, observed_us),
    }
}

/// The 95 % upper bound of the rate per hour of what happened so often in this time; `None` of no
/// time.
pub fn high_per_hour(count: u64, observed_us: u64) -> Option<f64> {
    (observed_us > 0).then(|| poisson::high(count) / (observed_us as f64 / HOUR_US))
}
