//! How often a switcher left an origin without need, and how often it could be without having shown.

use super::drill::FAILOVER;
use super::faults::{faults, in_force};
use super::rows::TrialSeen;
use weir_records::Alarm;

/// Microseconds of an hour.
pub(super) const HOUR_US: f64 = 3_600e6;

/// The share of rates that the bound holds for.
const CONFIDENCE: f64 = 0.95;

/// What a switcher did in a trial.
pub(super) fn alarm(trial: &str, seen: &TrialSeen) -> Alarm {
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

/// The 95 % upper bound of the rate per hour of what happened so often in this time; `None` of no time.
pub(super) fn high_per_hour(count: u64, observed_us: u64) -> Option<f64> {
    (observed_us > 0).then(|| poisson_high(count) / (observed_us as f64 / HOUR_US))
}

/// The one-sided 95 % upper bound of the mean of a Poisson distribution of which `count` was drawn:
/// the mean of which so few or fewer are drawn once in twenty times. It is half of the 95 % quantile of
/// chi-square with 2 (count + 1) degrees of freedom (Garwood, "Fiducial Limits for the Poisson
/// Distribution", Biometrika 28, 1936); without any, 2.996: the rule of three.
fn poisson_high(count: u64) -> f64 {
    let wanted = 1.0 - CONFIDENCE;
    // The chance of `count` or fewer falls with the mean.
    let n = count as f64;
    let (mut low, mut high) = (n, n + 5.0 + 4.0 * (n + 1.0).sqrt());
    for _ in 0..100 {
        let middle = low.midpoint(high);
        match poisson_at_most(count, middle) > wanted {
            true => low = middle,
            false => high = middle,
        }
    }
    low.midpoint(high)
}

/// The chance that no more than `count` are drawn of a Poisson distribution with this mean.
fn poisson_at_most(count: u64, mean: f64) -> f64 {
    let log = libm::log(mean);
    // Far below the mean there is nothing that would count.
    let first = count.saturating_sub(20 + 40 * (count as f64).sqrt() as u64);
    let term = |i: u64| libm::exp(i as f64 * log - mean - libm::lgamma(i as f64 + 1.0));
    (first..=count).map(term).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drills::rows::{EventSeen, SessionSeen};
    use proptest::prelude::*;

    const S: u64 = 1_000_000;

    fn events(list: &[(u64, &str)]) -> TrialSeen {
        let event = |(at, event): &(u64, &str)| EventSeen {
            at_us: at * S,
            node: "front".into(),
            service: "front".into(),
            event: (*event).into(),
            detail: None,
        };
        let session = SessionSeen {
            session: 0,
            node: "viewer".into(),
            start_us: 100 * S,
            end_us: 900 * S,
            lost: false,
        };
        TrialSeen {
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
    fn the_bound_is_half_the_quantile_of_chi_square() {
        // Quantiles of 0.95 with 2, 4, 12 and 200 degrees of freedom, from tables.
        for (count, quantile) in [(0, 5.991465), (1, 9.487729), (5, 21.02607), (99, 233.994)] {
            let found = 2.0 * poisson_high(count);
            assert!((found - quantile).abs() < 2e-3, "{count}: {found}");
        }
        let found = high_per_hour(0, 5 * 3_600 * S).unwrap();
        assert!((found - 0.599).abs() < 1e-3, "{found}");
    }

    proptest! {
        #[test]
        fn the_bound_is_above_what_was_seen_and_rises_with_it(count in 0u64..20_000) {
            let [here, next] = [count, count + 1].map(poisson_high);
            prop_assert!(here > count as f64 && next > here);
            prop_assert!((poisson_at_most(count, here) - 0.05).abs() < 1e-6);
        }
    }
}
