//! Which reactions are false alarms, and how often they could be.

use weir_stats::derived::drills::alarms::{alarm, high_per_hour};
use weir_stats::derived::drills::rows::{DrillTrial, EventRow, ViewingRow};

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
