//! The probes of one origin.

use weir_switch::{Bad, MAX_UNDER_WAY, Probe, ProbeScheduler};
use weir_units::{Span, Time};

fn scheduler() -> ProbeScheduler {
    ProbeScheduler::new(Time::ZERO, Span::from_s(1), Span::from_s(20))
}

fn status(status: u16) -> Probe {
    Probe { took: None, result: Err(Bad::Status(status)) }
}

fn at(ms: u64) -> Time {
    Time::ZERO.after(Span::from_ms(ms))
}

#[test]
fn a_probe_that_ends_early_waits_for_those_before_it() {
    let mut scheduler = scheduler();
    let numbers = [0, 1000, 2000].map(|ms| scheduler.begin(at(ms)).unwrap());
    assert_eq!(scheduler.end(numbers[1], status(501)), []);
    assert_eq!(scheduler.end(numbers[2], status(502)), []);
    let readings = scheduler.end(numbers[0], status(500));
    let told: Vec<_> = readings.into_iter().map(|reading| reading.result).collect();
    assert_eq!(told, [500, 501, 502].map(|status| Err(Bad::Status(status))));
    // The end of one that has ended says nothing.
    assert_eq!(scheduler.end(numbers[0], status(500)), []);
}

#[test]
fn probes_begin_at_intervals_and_what_was_missed_is_not_made_up_for() {
    let mut scheduler = scheduler();
    assert!(scheduler.begin(at(300)).is_some());
    assert_eq!(scheduler.due(), at(1000));
    assert_eq!(scheduler.begin(at(999)), None);
    assert!(scheduler.begin(at(5500)).is_some());
    assert_eq!(scheduler.due(), at(6000));
}

#[test]
fn an_origin_that_never_answers_has_a_bounded_number_of_probes() {
    let mut scheduler = scheduler();
    let begun = (0..1000).filter_map(|s| scheduler.begin(at(s * 1000))).count();
    assert_eq!(begun, MAX_UNDER_WAY);
}
