//! What happens as lines, and as rows.

use proptest::prelude::*;
use weir_switch::{SwitchEvent, events, line};
use weir_units::Time;

/// The longest line that is read.
const MAX_LINE: usize = 64 << 10;
/// The most rows of one log.
const MAX_EVENTS: usize = 100_000;

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
        .map(|row| (row.at_us, <&str>::from(row.event), row.detail.as_deref().unwrap()))
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
    let long = "x".repeat(3 * MAX_LINE);
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
